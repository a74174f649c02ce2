from contextlib import nullcontext
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
    made = location_of(exports.request(datasets=["ips"], output=str(tmp_path / "a" / "b" / "c")), "run-1").made
    assert made == (tmp_path / "a" / "b", tmp_path / "a")
    assert location_of(exports.request(datasets=["ips"]), "run-1").made == ()
    assert location_of(exports.request(datasets=["ips"], output="s3://bucket/x"), "run-1").made == ()


def test_a_bucket_alone_is_no_file(tmp_path: Path) -> None:
    exports = Exports(Settings.load(source_url=DEAD, root=str(tmp_path / "root")))
    with pytest.raises(ConfigError, match=r"s3://bucket is a bucket; write s3://bucket/ to put the file into it"):
        exports.request(datasets=["ips"], output="s3://bucket")


@pytest.mark.parametrize(
    ("root", "output", "is_refused"),
    [
        ("{tmp}/root", "{tmp}/root/logs/parquet/date=2026-11-20/data.parquet", True),
        ("{tmp}/root", "{tmp}/a/../root/ips.parquet", True),
        ("{tmp}/root", "{tmp}/link/ips.parquet", True),
        ("{tmp}/root", "{tmp}/root/", True),
        ("{tmp}/root", "{tmp}/root", True),
        ("{tmp}/root", "file://{tmp}/root/ips.parquet", True),
        ("{tmp}/root", "{tmp}/roots/ips.parquet", False),
        ("{tmp}/root", "{tmp}/ips.parquet", False),
        ("{tmp}/root", "s3://bucket/root/ips.parquet", False),
        ("s3://bucket/root", "s3://bucket/root/ips.parquet", True),
        ("s3://bucket/root", "s3://bucket/root/", True),
        ("s3://bucket", "s3://bucket/ips.parquet", True),
        ("s3://bucket/root", "s3://bucket/roots/ips.parquet", False),
        ("s3://bucket/root", "s3://buckets/root/ips.parquet", False),
        ("s3://bucket/root", "{tmp}/root/ips.parquet", False),
    ],
)
def test_no_output_lies_among_what_is_published_nightly(
    tmp_path: Path, root: str, output: str, *, is_refused: bool
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "root")
    exports = Exports(Settings.load(source_url=DEAD, root=root.format(tmp=tmp_path)))
    refused = pytest.raises(ConfigError, match="output: it lies among what is published nightly; choose another place")
    with refused if is_refused else nullcontext():
        exports.request(datasets=["ips"], output=output.format(tmp=tmp_path))
