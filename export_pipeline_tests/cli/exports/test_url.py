"""The commands with `--url`: beside a real webserver, without any setting of its installation on this machine."""

import json
import re
import shlex
import urllib.request
from pathlib import Path, PurePosixPath

import psycopg
import pytest

from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.paths import export_folder
from export_pipeline_tests.cli.conftest import Demo, Invoke
from export_pipeline_tests.cli.dev_process import source_of
from export_pipeline_tests.cli.exports.conftest import bucket_environ
from export_pipeline_tests.cli.exports.from_rest import WAITING, Reader
from export_pipeline_tests.cli.terminal import Done, in_terminal, run
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.processes import wait_until
from export_pipeline_tests.project.export_page import PAGE

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def export_id(invoke: Invoke, reader: Reader) -> str:
    """Make an export by the command, and watch it to its end; give its id."""
    done = at(reader, invoke, "export", "ips", "--format", "csv", "--requested-by", "Ada")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[0]


def at(reader: Reader, invoke: Invoke, *arguments: str | Path, **environ: str) -> Done:
    """Run the command against the webserver, in an environment that says nothing else of its installation."""
    return invoke(*arguments, "--url", reader.url, environ=environ)


def folder_of(demo: Demo, export_id: str) -> Path:
    return demo.home.exports / export_folder(export_id)


def test_an_export_is_made_watched_and_found(
    invoke: Invoke, reader: Reader, demo: Demo, export_id: str, tmp_path: Path
) -> None:
    assert (folder_of(demo, export_id) / "export.json").exists()
    (found,) = json.loads(at(reader, invoke, "list", "--limit", "1", "--json").stdout)
    assert (found["id"], found["status"], found["requested_by"]) == (export_id, "succeeded", "Ada")
    assert f"{found['rows']:,}" in at(reader, invoke, "show", export_id[:8]).stdout
    status = at(reader, invoke, "status", export_id)
    assert (status.returncode, f"{export_id} succeeded: {found['rows']:,} rows" in status.stdout) == (0, True)
    assert json.loads(at(reader, invoke, "stats", "--json").stdout)["by_dataset"]["ips"]["exports"] >= 1
    refused = at(reader, invoke, "download", export_id, "-o", tmp_path / "none", EXPORT_ROOT=str(tmp_path))
    assert (refused.returncode, "set EXPORT_ROOT on this machine" in refused.stderr) == (1, True)
    fetched = at(reader, invoke, "download", export_id, "-o", tmp_path, EXPORT_ROOT=str(demo.home.exports))
    assert fetched.returncode == 0, fetched.stderr
    assert (tmp_path / "ips.csv").read_bytes() == (folder_of(demo, export_id) / "ips.csv").read_bytes()


def test_links_are_signed_here(invoke: Invoke, reader: Reader, demo: Demo, export_id: str, bucket: Bucket) -> None:
    root = f"{bucket.url}/published"
    for path in folder_of(demo, export_id).iterdir():
        open_destination(root, bucket.options).put(
            PurePosixPath(export_folder(export_id), path.name), path.read_bytes()
        )
    done = at(reader, invoke, "link", export_id, EXPORT_ROOT=root, **bucket_environ(bucket))
    assert done.returncode == 0, done.stderr
    with urllib.request.urlopen(done.stdout.strip()) as answer:
        assert answer.read() == (folder_of(demo, export_id) / "ips.csv").read_bytes()


def test_delete_and_cleanup_are_done_there(invoke: Invoke, reader: Reader, demo: Demo, export_id: str) -> None:
    other = at(reader, invoke, "export", "ips").stdout.split()[0]
    done = at(reader, invoke, "delete", export_id, "--yes")
    assert (done.returncode, f"{export_id} is deleted" in done.stderr) == (0, True), done.stderr
    assert not folder_of(demo, export_id).exists()
    assert at(reader, invoke, "status", export_id).returncode == 1
    assert at(reader, invoke, "cleanup", "--older-than", "2w", "--yes").returncode == 0  # seconds of seven digits
    dry = at(reader, invoke, "cleanup", "--older-than", "0s", "--dry-run", "--json")
    assert other in {one["id"] for one in json.loads(dry.stdout)}
    assert folder_of(demo, other).exists()
    assert at(reader, invoke, "cleanup", "--older-than", "0s", "--yes").returncode == 0
    assert not folder_of(demo, other).exists()


def test_a_running_export_is_canceled_and_its_watcher_told(
    invoke: Invoke, reader: Reader, demo: Demo, sql: RunSql
) -> None:
    url = source_of(reader.dev)
    with psycopg.connect(url) as blocker:
        blocker.execute("lock table ip_addresses in access exclusive mode")
        detached = at(reader, invoke, "export", "ips", "--detach")
        assert detached.returncode == 0, detached.stderr
        (export_id,) = detached.stdout.split()
        wait_until(lambda: sql(url, WAITING), 60, "the export does not begin")
        with in_terminal("status", export_id, "--watch", "--url", reader.url) as terminal:
            terminal.wait_for(f"{export_id} running")
            assert "asked to end" in at(reader, invoke, "cancel", export_id).stderr
            assert terminal.end() == 1
        assert f"{export_id} canceled" in terminal.text
    assert not folder_of(demo, export_id).exists()


def test_an_export_in_the_background_is_canceled_through_the_webserver(
    invoke: Invoke, reader: Reader, demo: Demo, sql: RunSql
) -> None:
    url = source_of(reader.dev)
    with psycopg.connect(url) as blocker:
        blocker.execute("lock table ip_addresses in access exclusive mode")
        export_id = run("export", "ips", "--home", demo.home.folder, "--detach").stdout.strip()
        wait_until(lambda: sql(url, WAITING), 60, "the export does not begin")
        assert "asked to end" in at(reader, invoke, "cancel", export_id).stderr
        assert at(reader, invoke, "status", export_id, "--watch").returncode == 1
    assert f"{export_id} canceled" in at(reader, invoke, "status", export_id).stdout
    assert not folder_of(demo, export_id).exists()


def test_the_guides_command_makes_one_there(invoke: Invoke, reader: Reader, demo: Demo) -> None:
    (command,) = re.findall(
        r"^```bash elsewhere\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    program, *arguments = shlex.split(command.replace("http://host:3000", reader.url))
    assert program == "export-pipeline"
    done = invoke(*arguments)
    assert done.returncode == 0, done.stderr
    assert (folder_of(demo, done.stdout.split()[0]) / "ips.csv").exists()


def test_what_only_the_installation_knows_fails_there(invoke: Invoke, reader: Reader) -> None:
    done = at(reader, invoke, "export", "ips", "--columns", "colour")
    assert done.returncode == 1
    assert "failed: " in done.stdout
    assert "colour" in done.stdout
