from pathlib import Path

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.location import location_of
from export_pipeline.settings import Settings
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.on_demand.exporting import DEAD, Exports

CSV = FORMATS["csv"]


@pytest.mark.parametrize(
    ("output", "split", "uri"),
    [
        (None, None, "file://{tmp}/root/exports/run-1/ips.csv"),
        ("{tmp}/a.txt", None, "file://{tmp}/a.txt"),
        ("{tmp}/a/", None, "file://{tmp}/a/ips.csv"),
        ("{tmp}/a", 5, "file://{tmp}/a/ips.csv"),
        ("file://{tmp}/a.csv", None, "file://{tmp}/a.csv"),
        ("s3://bucket/a/b.csv", None, "s3://bucket/a/b.csv"),
        ("s3://bucket/a/", None, "s3://bucket/a/ips.csv"),
        ("s3://bucket/a", 5, "s3://bucket/a/ips.csv"),
    ],
)
def test_a_file_lies_where_the_output_says(tmp_path: Path, output: str | None, split: int | None, uri: str) -> None:
    exports = Exports(Settings.load(source_url=DEAD, root=str(tmp_path / "root")))
    chosen = output.format(tmp=tmp_path) if output else None
    request = exports.request(datasets=["ips"], format="csv", output=chosen, split_rows=split)
    location = location_of(request, "run-1")
    assert location.destination.uri(location.target("ips", "ips", CSV).data) == uri.format(tmp=tmp_path)
    assert location.is_output == (output is not None)


def test_the_folders_that_an_output_needs_are_known(tmp_path: Path) -> None:
    exports = Exports(Settings.load(source_url=DEAD, root=str(tmp_path / "root")))
    made = location_of(exports.request(datasets=["ips"], output=str(tmp_path / "a" / "b" / "c.csv")), "run-1").made
    assert made == (tmp_path / "a" / "b", tmp_path / "a")
    assert location_of(exports.request(datasets=["ips"]), "run-1").made == ()
    assert location_of(exports.request(datasets=["ips"], output="s3://bucket/x.csv"), "run-1").made == ()


def test_a_bucket_alone_is_no_file(tmp_path: Path) -> None:
    exports = Exports(Settings.load(source_url=DEAD, root=str(tmp_path / "root")))
    with pytest.raises(ConfigError, match=r"s3://bucket is a bucket; write s3://bucket/ to put the file into it"):
        exports.request(datasets=["ips"], output="s3://bucket")
