"""docs/guide-export.md: each of its commands runs, and leaves the files that the page tells of."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.cli.terminal import BARE, PROGRAM, Done
from export_pipeline_tests.defs.conftest import instance, storage_template, storage_url
from export_pipeline_tests.project.export_page import PAGE

__all__ = ["instance", "storage_template", "storage_url"]  # fixtures

TEXT = PAGE.read_text(encoding="utf-8")
LEAVES = {
    "example": ["errors.csv.gz"],
    "span": ["hours.csv"],
    "days": ["days.csv"],
    "rows": ["rows.csv"],
    "processes": ["programs.csv"],
    "columns": ["columns.csv"],
    "computed": ["risks.csv"],
    "nested": ["anomalies.jsonl"],
    "table": ["devices.csv"],
    "several": ["both/ips.csv", "both/logs.csv"],
    "format": ["addresses.json"],
    "compressed": ["addresses.jsonl.zst"],
    "split": ["parts/logs-00001.csv", "parts/logs-00002.csv"],
    "zip": ["everything.zip"],
    "excel": ["report.xlsx"],
    "pipe": ["programs.txt"],
    "preview": [],
    "config": ["errors.csv.gz"],
    "presets": ["audit.csv.gz", "ips.parquet", "model/logs-00001.parquet", "ticket.xlsx"],
    "detached": ["id.txt"],
    "json": ["done.json", "ips.csv"],
}
BESIDE = (".manifest.json", ".quarantine.jsonl")
RunBlock = Callable[[str], Done]


def blocks(kind: str) -> dict[str, str]:
    """Return the page's blocks of this kind by their names."""
    return dict(re.findall(rf"```{kind} (\S+)\n(.*?)```", TEXT, re.DOTALL))


@pytest.fixture
def run_block(invoke: Invoke, source_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunBlock:
    """Give a function that runs a block in an empty folder: here where it is one plain command, else in bash."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path / "published")}

    def run_it(name: str) -> Done:
        script = blocks("bash")[name]
        given = environ | {one: os.environ[one] for one in ("DAGSTER_HOME", "EXPORT_STORAGE_URL") if one in os.environ}
        if re.search(r"[|>$]|\nexport-pipeline", script):
            path = f"{Path(PROGRAM).parent}:{os.environ['PATH']}"
            command = ["bash", "-euo", "pipefail", "-c", script]
            environment = BARE | given | {"PATH": path}
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        program, *arguments = shlex.split(script.replace("\\\n", " "))
        assert program == "export-pipeline"
        return invoke(*arguments, environ=given)

    for name, text in blocks("yaml").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (folder / name).symlink_to(tmp_path / name)
    return run_it


def left_here() -> list[str]:
    """Return the files of this folder, without what lies beside each data file."""
    found = (path for path in Path().rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(str(path) for path in found if not path.name.endswith(BESIDE))


def test_every_block_is_run() -> None:
    assert set(blocks("bash")) == {*LEAVES, "elsewhere"}  # run beside a webserver, in exports/test_url.py


@pytest.mark.parametrize("name", [name for name in LEAVES if name != "detached"])
def test_a_command_of_the_page_leaves_what_it_says(run_block: RunBlock, name: str) -> None:
    done = run_block(name)
    assert done.returncode == 0, done.stderr
    assert left_here() == LEAVES[name]
    assert all(Path(file).stat().st_size for file in LEAVES[name])


@pytest.mark.usefixtures("instance")
def test_a_detached_export_is_followed_to_its_end(run_block: RunBlock, tmp_path: Path) -> None:
    done = run_block("detached")
    assert done.returncode == 0, done.stderr
    export_id = Path("id.txt").read_text(encoding="utf-8").strip()
    assert (tmp_path / "published" / "exports" / export_id / "export.json").exists()


def test_the_page_quotes_what_the_example_says(run_block: RunBlock) -> None:
    done = run_block("example")
    assert told(done.stderr + done.stdout) == told(blocks("text")["example"])


def told(text: str) -> list[str]:
    """Return the lines without what differs from run to run and from machine to machine."""
    return re.sub(r"about .*|file://\S*/|[0-9a-f]{8}-[0-9a-f-]{27}|[\d.]+ kB", "…", text).splitlines()
