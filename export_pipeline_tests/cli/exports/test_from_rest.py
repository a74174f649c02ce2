"""docs/from-rest.md: every block of it does what the page says, beside a real webserver."""

import json
from pathlib import Path

import psycopg
import pytest

from export_pipeline_tests.cli.conftest import Demo
from export_pipeline_tests.cli.dev_process import source_of
from export_pipeline_tests.cli.exports.from_rest import WAITING, Reader, blocks
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.processes import wait_until

VERBS = {"create", "status", "progress", "list", "download", "cancel", "stats", "delete", "cleanup"}
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def export_id(reader: Reader) -> str:
    """Make an export as the page's GraphQL does; give its id."""
    run_id = reader.launch("create")
    assert reader.status(run_id) == "SUCCESS"
    return run_id


@pytest.fixture
def doomed(reader: Reader) -> str:
    return reader.launch("create")


def record_of(demo: Demo, export_id: str) -> Path:
    return demo.home.exports / "exports" / export_id / "export.json"


def test_every_block_is_run() -> None:
    assert set(blocks("bash")) == set(blocks("python")) == VERBS
    assert set(blocks("graphql")) == set(blocks("json")) == VERBS - {"download"}


def test_create(reader: Reader, demo: Demo, export_id: str) -> None:
    made = reader.bash("create").strip()
    assert made.endswith("/ips.csv")
    for one in (export_id, Path(made).parent.name, reader.python("create").split()[-1]):
        assert json.loads(record_of(demo, one).read_text())["format"] == "csv"


def test_status(reader: Reader, export_id: str) -> None:
    assert f"{export_id} succeeded" in reader.bash("status", export_id)
    answer = reader.graphql("status", export_id)
    tags = {tag["key"]: tag["value"] for tag in answer["tags"]}
    assert (answer["status"], tags["requested_by"], tags["export/datasets"]) == ("SUCCESS", "Ada", "ips")
    assert reader.python("status", export_id).split() == ["succeeded", tags["export/rows"], "None"]


def test_progress(reader: Reader, export_id: str) -> None:
    assert "succeeded" in reader.bash("progress", export_id)
    assert reader.graphql("progress", export_id)["status"] == "SUCCESS"
    assert reader.python("progress", export_id).strip() == "succeeded"


def test_list(reader: Reader, export_id: str) -> None:
    assert reader.bash("list").count(export_id) == 2
    assert export_id in {run["runId"] for run in reader.graphql("list")["results"]}
    assert export_id in reader.python("list")


def test_download(reader: Reader, demo: Demo, export_id: str) -> None:
    reader.bash("download", export_id)
    reader.python("download", export_id)
    published = (record_of(demo, export_id).parent / "ips.csv").read_bytes()
    assert (reader.folder / "fetched" / "ips.csv").read_bytes() == published
    assert (reader.folder / "ips.csv").read_bytes() == published


def test_stats(reader: Reader, export_id: str) -> None:
    assert '"ips"' in reader.bash("stats")
    assert reader.graphql("stats")["count"] >= 1
    assert "'succeeded': 0" not in reader.python("stats")


@pytest.mark.parametrize("way", ["bash", "graphql", "python"])
def test_cancel(reader: Reader, demo: Demo, sql: RunSql, way: str) -> None:
    url = source_of(reader.dev)
    with psycopg.connect(url) as blocker:
        blocker.execute("lock table ip_addresses in access exclusive mode")
        run_id = str(reader.graphql("create")["run"]["runId"])
        wait_until(lambda: sql(url, WAITING), 60, "the export does not begin")
        getattr(reader, way)("cancel", run_id)
        assert reader.wait(run_id) == "CANCELED"
    assert not record_of(demo, run_id).parent.exists()


@pytest.mark.parametrize("way", ["bash", "launch", "python"])
def test_delete(reader: Reader, demo: Demo, doomed: str, way: str) -> None:
    assert record_of(demo, doomed).exists()
    getattr(reader, way)("delete", doomed)
    assert not record_of(demo, doomed).parent.exists()
    assert "deleted" in reader.python("status", doomed)


def test_cleanup(reader: Reader, demo: Demo, export_id: str) -> None:
    reader.bash("cleanup")
    assert reader.status(reader.launch("cleanup")) == "SUCCESS"
    assert export_id not in reader.python("cleanup")
    assert record_of(demo, export_id).exists()
