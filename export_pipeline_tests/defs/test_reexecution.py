"""Re-executing from the failure, as the UI's button does: `publish` alone, same partitions, new process."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterEventType, DagsterRunStatus

from export_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.code_server import CodeServer, serving
from export_pipeline_tests.defs.project import Project

PUBLISHING = {"logs.publish", "logs_csv", "logs_json"}
SPOIL = "update log_entries set pushed_at = 'infinity' where timestamp::date = '{day}'"
MEND = "update log_entries set pushed_at = null"


@pytest.fixture
def code_server(project: Project) -> Iterator[CodeServer]:
    with serving(project) as served:
        yield served


@pytest.fixture
def failed(code_server: CodeServer, project: Project, sql: RunSql, days: list[str]) -> str:
    """Let a run of one partition fail, mend its cause; give the run's id."""
    sql(project.settings.source.conninfo, SPOIL.format(day=days[1]))
    run_id = code_server.launch("logs_job", {PARTITION_TAG: days[1]})
    assert code_server.wait(run_id) is DagsterRunStatus.FAILURE
    sql(project.settings.source.conninfo, MEND)
    return run_id


def test_a_partition_is_published_by_the_last_steps_alone(
    code_server: CodeServer, project: Project, failed: str, days: list[str]
) -> None:
    before = [step for step in code_server.steps(failed) if step != "logs.publish"]
    assert len(before) > 2
    again = code_server.reexecute_from_failure(failed)
    assert code_server.wait(again) is DagsterRunStatus.SUCCESS
    assert set(code_server.steps(again)) >= PUBLISHING
    assert not set(code_server.steps(again)) & set(before)
    assert set(project.manifests()) == {f"date={days[1]}"}
    for asset in ("logs", "logs_csv", "logs_json"):
        assert project.instance.get_materialized_partitions(AssetKey(asset)) == {days[1]}


def test_a_range_keeps_its_partitions(code_server: CodeServer, project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, SPOIL.format(day=days[1]))
    failed = code_server.launch("logs_job", {RANGE_START_TAG: days[0], RANGE_END_TAG: days[2]})
    assert code_server.wait(failed) is DagsterRunStatus.FAILURE
    assert project.instance.get_materialized_partitions(AssetKey("logs")) == {days[0], days[2]}
    sql(project.settings.source.conninfo, MEND)
    again = code_server.reexecute_from_failure(failed)
    assert code_server.wait(again) is DagsterRunStatus.SUCCESS
    assert set(code_server.steps(again)) >= PUBLISHING
    assert "logs.extract" not in code_server.steps(again)
    for asset in ("logs", "logs_csv", "logs_json"):
        assert project.instance.get_materialized_partitions(AssetKey(asset)) == set(days)


def test_without_the_earlier_runs_plan_it_says_what_to_do(
    code_server: CodeServer, project: Project, failed: str
) -> None:
    plans = Path(project.instance.storage_directory(), failed)
    for plan in plans.glob("*/*"):
        plan.write_bytes(b"of another version")
    assert "was stored by another version of the project; re-execute all steps" in said_by_reexecution(
        code_server, failed
    )
    shutil.rmtree(plans)
    assert "DAGSTER_HOME/storage was lost" in said_by_reexecution(code_server, failed)


def said_by_reexecution(code_server: CodeServer, failed: str) -> str:
    """Re-execute the run, which fails again; return what it says, without the stack."""
    again = code_server.reexecute_from_failure(failed)
    assert code_server.wait(again) is DagsterRunStatus.FAILURE
    (record,) = code_server.instance.get_records_for_run(again, of_type=DagsterEventType.STEP_FAILURE).records
    event = record.event_log_entry.dagster_event
    assert event
    assert event.step_failure_data.error
    return event.step_failure_data.error.message
