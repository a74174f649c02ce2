import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.output_name import require_true_name
from export_pipeline.on_demand.packing import Packing
from export_pipeline.write.formats.compression import with_compression
from export_pipeline.write.formats.registry import FORMATS

PARQUET, CSV, XLSX = (Packing(FORMATS[name]) for name in ("parquet", "csv", "xlsx"))
GZIPPED = Packing(with_compression(FORMATS["csv"], "gzip"))
ZIPPED = Packing(FORMATS["csv"], is_zip=True)


@pytest.mark.parametrize(
    ("name", "packing", "said"),
    [
        ("x.csv", PARQUET, "x.csv would hold Parquet; add --format csv, or end it in .parquet"),
        ("x.CSV.gz", PARQUET, "would hold Parquet; add --format csv --compression gzip, or end it in .parquet"),
        ("x.zst", PARQUET, "x.zst would hold Parquet; end it in .parquet"),
        ("x.csv.gz", CSV, "x.csv.gz would hold CSV; add --compression gzip, or end it in .csv"),
        ("x.csv", GZIPPED, "would hold CSV compressed with gzip; add --compression none, or end it in .csv.gz"),
        ("x.json.gz", GZIPPED, "add --format json, or end it in .csv.gz"),
        ("x.csv", ZIPPED, "x.csv would hold a zip archive; leave zip out, or end it in .zip"),
        ("x.zip", XLSX, "x.zip would hold XLSX; add --zip, or end it in .xlsx"),
    ],
)
def test_a_name_of_another_kind_of_file_is_refused_with_what_helps(name: str, packing: Packing, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        require_true_name(name, packing)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("name", "packing"),
    [
        ("x", PARQUET),
        ("x.txt", PARQUET),
        ("x.csv.bak", PARQUET),
        ("x.csv.parquet", PARQUET),
        (".csv", PARQUET),
        ("x.CSV", CSV),
        ("x.csv.gz", GZIPPED),
        ("x.gz", GZIPPED),
        ("x.csv.zip", ZIPPED),
    ],
)
def test_a_true_name_or_one_that_says_nothing_is_taken(name: str, packing: Packing) -> None:
    require_true_name(name, packing)
