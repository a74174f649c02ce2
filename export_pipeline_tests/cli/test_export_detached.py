"""`export --detach`: the id at once, the files later; what stops it is said at once, too."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus

from export_pipeline_tests.cli.terminal import run
from export_pipeline_tests.defs.conftest import instance, storage_template, storage_url
from export_pipeline_tests.on_demand.exporting import DEAD
from export_pipeline_tests.processes import wait_until

__all__ = ["instance", "storage_template", "storage_url"]  # fixtures


@pytest.fixture
def environ(instance: DagsterInstance, source_url: str, tmp_path: Path) -> Mapping[str, str]:
    known = {name: os.environ[name] for name in ("DAGSTER_HOME", "EXPORT_STORAGE_URL")}
    return known | {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path / "root")}


def test_the_id_comes_at_once_and_the_files_later(
    instance: DagsterInstance, environ: Mapping[str, str], tmp_path: Path
) -> None:
    done = run("export", "ips", "--format", "csv", "--detach", environ=environ)
    assert done.returncode == 0, done.stderr
    export_id = done.stdout.strip()

    def status() -> DagsterRunStatus | None:
        found = instance.get_run_by_id(export_id)
        return found.status if found else None

    wait_until(lambda: status() is DagsterRunStatus.SUCCESS, 60, status)
    record = json.loads((tmp_path / "root" / "exports" / export_id / "export.json").read_text(encoding="utf-8"))
    assert record["datasets"][0]["row_count"] == 60


def test_a_mistake_is_said_without_an_id(environ: Mapping[str, str]) -> None:
    done = run("export", "ips", "--start", "soon", "--detach", environ=environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert "start: 'soon' is no ISO date or time" in done.stderr


def test_what_fails_later_is_in_the_history(instance: DagsterInstance, environ: Mapping[str, str]) -> None:
    done = run("export", "ips", "--detach", environ={**environ, "EXPORT_SOURCE_URL": DEAD})
    assert done.returncode == 0, done.stderr

    def status() -> DagsterRunStatus | None:
        found = instance.get_run_by_id(done.stdout.strip())
        return found.status if found else None

    # It is tried five times.
    wait_until(lambda: status() is DagsterRunStatus.FAILURE, 120, status)


def test_where_nobody_would_hear_of_it_it_is_refused(source_url: str, tmp_path: Path) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path)}
    done = run("export", "ips", "--detach", environ=environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--detach: nobody would hear of the export" in done.stderr


def test_the_standard_output_cannot_be_detached(source_url: str) -> None:
    done = run("export", "ips", "--format", "csv", "-o", "-", "--detach", environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 1
    assert "leave --detach and --json out" in done.stderr
