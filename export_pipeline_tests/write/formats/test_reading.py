"""The lines that say how to read a file read it, in the three libraries, whatever its path is."""

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.reading import reading_code
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.write.samples import SCHEMA, rows
from export_pipeline_tests.write.variants import VARIANTS


def written(path: Path, fmt: Format) -> Path:
    path.parent.mkdir(parents=True)
    with path.open("wb") as sink:
        writer = fmt.open(sink, SCHEMA)
        writer.write(rows("it's", 3))
        writer.close()
    return path


def texts_read(code: Mapping[str, str]) -> dict[str, list[str]]:
    """Run each line; return what it finds in the column `text`."""
    known = {"pandas": pd, "polars": pl}
    read = {name: eval(code[name].split("; ", 1)[1], dict(known)) for name in ("pandas", "Polars")}
    found = {name: list(frame["text"]) for name, frame in read.items()}
    if "DuckDB" in code:
        relation = duckdb.connect().sql(code["DuckDB"])
        found["DuckDB"] = [text for (text,) in relation.select("text").fetchall()]
    return found


@pytest.mark.parametrize("fmt", VARIANTS.values(), ids=list(VARIANTS))
@pytest.mark.parametrize("folder", ["date=2026-11-20", "it's", 'a "b" {c}', "mit Lücke"])
def test_each_library_reads_each_format(fmt: Format, folder: str, tmp_path: Path) -> None:
    code = reading_code(fmt, str(written(tmp_path / folder / f"data{fmt.extension}", fmt)))
    libraries = ("pandas", "DuckDB", "Polars") if fmt.readers.duckdb else ("pandas", "Polars")
    assert texts_read(code) == dict.fromkeys(libraries, ["it's"] * 3)
    assert all(re.fullmatch(r"(import pandas; |import polars; |SELECT ).+", line) for line in code.values())


def test_all_partitions_of_parquet_are_read_at_once(tmp_path: Path) -> None:
    fmt = FORMATS["parquet"]
    for day in ("2026-11-19", "2026-11-20"):
        written(tmp_path / f"date={day}" / "data.parquet", fmt)
    assert {name: len(found) for name, found in texts_read(reading_code(fmt, str(tmp_path))).items()} == {
        "pandas": 6,
        "Polars": 6,
        "DuckDB": 6,
    }
