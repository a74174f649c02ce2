"""What `export` prints: behind the run, so that Dagster keeps nothing of it, and never lost in silence."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from export_pipeline.cli.exit_codes import EXIT_READER_GONE
from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.cli.exports.conftest import environ
from export_pipeline_tests.cli.terminal import BARE, PROGRAM, Done
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.conftest import instance, project, settings, storage_template, storage_url
from export_pipeline_tests.defs.project import Project

__all__ = ["environ", "instance", "project", "settings", "storage_template", "storage_url"]  # fixtures

Environ = Mapping[str, str]
SECRET = "Ada Lovelace"


def in_bash(arguments: str, environ: Environ) -> Done:
    script = f"{PROGRAM} export {arguments}; exit ${{PIPESTATUS[0]}}"
    return subprocess.run(["bash", "-c", script], env=BARE | dict(environ), capture_output=True, text=True, check=False)


@pytest.mark.parametrize("more", ["", "--json"])
@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">/dev/full", 1, "error: writing standard output: No space left on device; export {id} is published"),
        (">&-", 1, "error: the standard output is closed; export {id} is published"),
        ("| true", EXIT_READER_GONE, ""),
    ],
)
def test_a_standard_output_that_takes_nothing_leaves_the_export_published(
    project: Project, environ: Environ, more: str, redirection: str, code: int, said: str
) -> None:
    done = in_bash(f"ips {more} {redirection}", environ)
    (run,) = project.instance.get_runs()
    assert done.returncode == code, done.stderr
    assert said.format(id=run.run_id) in done.stderr
    assert ("error" in done.stderr) == bool(said)
    assert "Traceback" not in done.stderr
    assert run.status is DagsterRunStatus.SUCCESS
    assert (Path(project.settings.root) / "exports" / run.run_id / "export.json").exists()


@pytest.mark.parametrize("more", ["--preview 60", "--json"])
def test_dagster_keeps_nothing_of_what_is_printed(project: Project, environ: Environ, sql: RunSql, more: str) -> None:
    sql(project.settings.source.conninfo, f"create view people as select '{SECRET}' as \"{SECRET}\"")
    done = in_bash(f"--table people {more}", environ)
    assert done.returncode == 0, done.stderr
    assert SECRET in done.stdout
    kept = [path for path in Path(project.instance.root_directory).rglob("*") if path.suffix in {".out", ".err"}]
    assert kept
    assert [path for path in kept if SECRET in path.read_text(encoding="utf-8")] == []


def test_nothing_begins_in_the_background_where_its_id_cannot_be_told(project: Project, environ: Environ) -> None:
    done = in_bash("ips --detach >&-", environ)
    assert done.returncode == 1
    assert "--detach: the standard output is closed" in done.stderr
    assert list(project.instance.get_runs()) == []


@pytest.mark.parametrize("more", ["--detach", "--json"])
def test_a_preview_is_for_people_who_are_there(invoke: Invoke, source_url: str, more: str) -> None:
    done = invoke("export", "ips", "--preview", "2", more, environ={"EXPORT_SOURCE_URL": source_url})
    assert (done.returncode, done.stdout) == (1, "")
    assert "--preview shows rows to people, here and now; leave --detach and --json out" in done.stderr


def test_without_a_history_nothing_begins_in_the_background(invoke: Invoke, source_url: str) -> None:
    done = invoke("export", "ips", "--detach", environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 1
    assert "EXPORT_SOURCE_URL is set, so --home is not used: set EXPORT_STORAGE_URL and DAGSTER_HOME" in done.stderr
