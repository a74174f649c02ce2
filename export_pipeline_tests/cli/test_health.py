"""`export-pipeline health`: what it says and how it ends, with everything there and with nothing there."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest
from dagster import DagsterInstance

from export_pipeline.cli import health
from export_pipeline.settings import Settings
from export_pipeline_tests.cli.conftest import Demo, Invoke
from export_pipeline_tests.cli.terminal import run
from export_pipeline_tests.defs.conftest import instance, settings, storage_template, storage_url
from export_pipeline_tests.defs.health.beats import beat

__all__ = ["instance", "settings", "storage_template", "storage_url"]  # fixtures

AWAY = {
    "EXPORT_SOURCE_URL": "postgresql://reader:s3cret@127.0.0.1:1/nowhere",
    "EXPORT_STORAGE_URL": "postgresql+psycopg2://dagster:s3cret@127.0.0.1:1/nowhere",
}


@pytest.fixture
def environ(instance: DagsterInstance, settings: Settings, storage_url: str) -> Mapping[str, str]:
    """Give the environment of an installation that has a storage, a source and a folder."""
    return {
        "DAGSTER_HOME": str(instance.root_directory),
        "EXPORT_STORAGE_URL": storage_url.replace("postgresql://", "postgresql+psycopg2://"),
        "EXPORT_SOURCE_URL": settings.source.conninfo,
        "EXPORT_ROOT": settings.root,
    }


def test_databases_that_are_away_are_said_without_a_traceback_or_a_secret(tmp_path: Path) -> None:
    done = run("health", environ=AWAY | {"EXPORT_ROOT": str(tmp_path), "DAGSTER_HOME": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr == ""
    assert "✗ storage database" in done.stdout
    assert "✗ source" in done.stdout
    assert "✓ destination" in done.stdout
    assert "not looked at: its storage database does not answer" in done.stdout
    assert "s3cret" not in done.stdout
    assert "Traceback" not in done.stdout


def test_without_any_setting_it_says_which_are_missing(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("health", "--home", tmp_path / "none", environ={"EXPORT_ROOT": str(tmp_path)})
    assert done.returncode == 1
    assert "EXPORT_STORAGE_URL is not set" in done.stdout
    assert "EXPORT_SOURCE_URL is not set" in done.stdout


def test_a_daemon_that_is_silent_makes_it_fail_and_warnings_do_not(
    invoke: Invoke, environ: Mapping[str, str], instance: DagsterInstance
) -> None:
    beat(instance, time.time())
    well = invoke("health", environ=environ)
    assert well.returncode == 0
    assert "! logs freshness" in well.stdout
    assert "nothing was published yet" in well.stdout
    beat(instance, time.time() - 3600)
    ill = invoke("health", environ=environ)
    assert ill.returncode == 1
    assert "✗ daemon" in ill.stdout


def test_a_locked_storage_is_not_waited_for(
    invoke: Invoke,
    environ: Mapping[str, str],
    instance: DagsterInstance,
    storage_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beat(instance, time.time())
    monkeypatch.setattr(health, "_PATIENT_S", 3)
    with psycopg.connect(storage_url) as blocker:
        blocker.execute("lock table runs in access exclusive mode")
        done = invoke("health", environ=environ)
    assert done.returncode == 1
    assert "✗ queue" in done.stdout
    assert "statement timeout" in done.stdout
    assert "✓ daemon" in done.stdout


def test_programs_get_an_array_of_objects(
    invoke: Invoke, environ: Mapping[str, str], instance: DagsterInstance
) -> None:
    beat(instance, time.time())
    found = json.loads(invoke("health", "--json", environ=environ).stdout)
    assert {one["subject"] for one in found} >= {"storage database", "source", "destination", "daemon", "queue"}
    assert {one["state"] for one in found} == {"ok", "warning"}


def test_a_home_is_looked_at_where_nothing_else_is_set(demo: Demo, invoke: Invoke) -> None:
    done = invoke("health", "--home", demo.home.folder)
    assert "✓ logs freshness" in done.stdout
    assert "✓ ips failures" in done.stdout
    assert "✓ destination" in done.stdout
