"""The checks of Dagster itself, and the job that runs all checks as a run."""

from pathlib import Path

import pytest
from dagster import DagsterInstance

from export_pipeline.defs.preflight import check_dagster
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.preflight.bounded import findings_of
from export_pipeline.preflight.finding import Finding, State
from export_pipeline.preflight.look import Look
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project


def found(**overrides: object) -> dict[str, Finding]:
    look = Look(Settings.load(**overrides), ())
    return {one.subject: one for one in findings_of("dagster", lambda: check_dagster(look))}


def test_without_a_storage_database_one_off_exports_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXPORT_STORAGE_URL", raising=False)
    (only,) = found().values()
    assert only.state is State.WARNING
    assert "`export-pipeline export` works without it" in only.found


def test_a_storage_that_was_never_started_has_no_daemon_yet(instance: DagsterInstance) -> None:
    seen = found()
    assert {seen[f"dagster: {name}"].state for name in ("storage", "DAGSTER_HOME", "tables")} == {State.OK}
    assert seen["dagster: daemon"].state is State.WARNING
    assert "it has never run" in seen["dagster: daemon"].found


def test_an_empty_database_stays_empty(
    monkeypatch: pytest.MonkeyPatch, instance: DagsterInstance, server: EmbeddedServer, sql: RunSql
) -> None:
    server.create_database("preflight_empty")
    seen = found(storage_url=server.url("preflight_empty", driver="postgresql+psycopg2"))
    assert seen["dagster: tables"].found.startswith("none yet")
    assert seen["dagster: daemon"].found == "not looked at: Dagster was never started on it"
    assert sql(server.url("preflight_empty"), "select count(*) from pg_tables where schemaname = 'public'") == [(0,)]


def test_tables_of_an_older_dagster_are_named_with_the_command(
    instance: DagsterInstance, storage_url: str, sql: RunSql
) -> None:
    sql(storage_url, "update alembic_version set version_num = 'ec80dd91891a'")
    seen = found()["dagster: tables"]
    assert (seen.state, seen.next_step) == (State.FAILED, "dagster instance migrate")
    assert "they are at migration ec80dd91891a" in seen.found


def test_a_storage_that_cannot_be_reached_is_said_in_seconds(instance: DagsterInstance) -> None:
    seen = found(storage_url="postgresql+psycopg2://dagster:s3cret@127.0.0.1:1/dagster")
    assert seen["dagster: storage"].state is State.FAILED
    assert seen["dagster: tables"].found == "not looked at: its database cannot be reached"
    assert "s3cret" not in str(seen)


def test_a_folder_without_dagster_yaml_is_told_where_to_get_it(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    seen = found()["dagster: DAGSTER_HOME"]
    assert seen.state is State.FAILED
    assert seen.next_step.startswith("copy /")
    monkeypatch.delenv("DAGSTER_HOME")
    assert found()["dagster: DAGSTER_HOME"].found == "it is not set"


def test_a_dagster_yaml_of_ones_own_is_compared(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = Path(instance.root_directory) / "dagster.yaml"
    ours = file.read_text(encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text(ours + "code_servers:\n  local_startup_timeout: 90\n")
    assert found()["dagster: DAGSTER_HOME"].found.endswith("with its own code_servers")
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    seen = found()["dagster: DAGSTER_HOME"]
    assert (seen.state, "does not keep runs in EXPORT_STORAGE_URL" in seen.found) == (State.FAILED, True)


def test_the_job_shows_the_table_and_succeeds(project: Project) -> None:
    result = project.definitions.resolve_job_def("preflight").execute_in_process(instance=project.instance)
    assert result.success
    (output,) = [event for event in result.all_events if event.is_successful_output]
    table = str(output.step_output_data.metadata["findings"].value)
    assert "| ✓ | ips: table | public" in table
    assert "source: account | postgres is a superuser |" in table


def test_the_job_fails_with_the_same_table_when_something_is_wrong(project: Project, sql: RunSql) -> None:
    sql(str(project.settings.source.conninfo), "alter table ip_addresses rename to gone")
    job = project.definitions.resolve_job_def("preflight")
    result = job.execute_in_process(instance=project.instance, raise_on_error=False)
    assert not result.success
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert failure.user_failure_data is not None
    assert "ips: table: ip_addresses is not in the database" in str(failure.user_failure_data.description)
    assert "| ✗ | ips: table |" in str(failure.user_failure_data.metadata["findings"].value)
