"""What Dagster loads: clean, complete, on the in-process executor, with the telemetry off."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

from export_pipeline.definitions import build_definitions
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError
from export_pipeline.settings import Settings

PROJECT = Path(__file__).parents[1]
NO_SOURCE = {name: value for name, value in os.environ.items() if not name.startswith("EXPORT_")}


@pytest.fixture
def environ(server: EmbeddedServer, tmp_path: Path) -> dict[str, str]:
    """Give the environment of a process with an instance of its own."""
    server.create_database("definitions")
    shutil.copy(PROJECT / "dagster.yaml", tmp_path)
    url = server.url("definitions", driver="postgresql+psycopg2")
    return NO_SOURCE | {"DAGSTER_HOME": str(tmp_path), "EXPORT_STORAGE_URL": url}


def test_every_dataset_has_assets_a_job_a_schedule_and_a_sensor() -> None:
    repository = build_definitions(Settings.load()).get_repository_def()
    assert set(repository.job_names) == {"__ASSET_JOB", "health_job", "preflight", "export", "delete_exports"} | {
        f"{name}_{kind}" for name in ("logs", "anomalies", "ips") for kind in ("job", "checks")
    }
    assert {schedule.name for schedule in repository.schedule_defs} == {"health", "exports_retention"} | {
        f"{name}_closed_partition" for name in ("logs", "anomalies", "ips")
    }
    assert {sensor.name for sensor in repository.sensor_defs} >= {
        f"{name}_new_data" for name in ("logs", "anomalies", "ips")
    }


@pytest.mark.parametrize("job", ["__ASSET_JOB", "logs_job"])
def test_a_run_stays_in_one_process(job: str) -> None:
    assert build_definitions(Settings.load()).resolve_job_def(job).executor_def.name == "in_process"


def test_dagster_validates_the_workspace_of_the_project(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "--log-level", "info"]
    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Validation successful" in done.stdout + done.stderr


def test_importing_it_is_silent_and_uses_nothing_deprecated(environ: dict[str, str]) -> None:
    command = [sys.executable, "-W", "error::DeprecationWarning", "-c", "import export_pipeline.definitions"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_wrong_setting_stops_it_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORT_BATCH_ROWS", "0")
    with pytest.raises(ConfigError, match="EXPORT_BATCH_ROWS"):
        build_definitions()


def test_the_instance_keeps_everything_in_its_home_and_in_postgresql_and_tells_nobody(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        logs = instance.compute_log_manager
        assert isinstance(logs, LocalComputeLogManager)
        assert Path(logs.get_captured_local_path(["run"], "out")).is_relative_to(environ["DAGSTER_HOME"])
        assert type(instance.run_storage).__module__.startswith("dagster_postgres")
        assert type(instance.event_log_storage).__module__.startswith("dagster_postgres")
        assert type(instance.schedule_storage).__module__.startswith("dagster_postgres")
        assert instance.run_retries_enabled
        assert instance.run_retries_retry_on_asset_or_op_failure
