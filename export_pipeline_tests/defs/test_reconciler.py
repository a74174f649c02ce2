"""A run whose process was killed together with its code server is ended; one whose process lives is not touched."""

import os
import signal
import time
from collections.abc import Iterator

import psycopg
import pytest
from dagster import (
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    SkipReason,
    build_sensor_context,
)

from export_pipeline.defs.lifeline import lifeline, workers_folder
from export_pipeline.defs.partitions import PARTITION_TAG
from export_pipeline.defs.reconciler import end_abandoned_runs, reconciler_sensor, stillborn_runs
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.code_server import CodeServer, serving
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.processes import alive, wait_until

WAITING = "select 1 from pg_locks where relation = 'log_entries'::regclass and not granted"


@pytest.fixture
def code_server(project: Project) -> Iterator[CodeServer]:
    with serving(project) as served:
        yield served


@pytest.fixture
def waiting_run(code_server: CodeServer, project: Project, sql: RunSql, days: list[str]) -> Iterator[str]:
    """Launch a run that waits for a lock which another session holds."""
    url = project.settings.source.conninfo
    with psycopg.connect(url) as blocker:
        blocker.execute("lock table log_entries in access exclusive mode")
        run_id = code_server.launch("logs_job", {PARTITION_TAG: days[1]})
        wait_until(lambda: sql(url, WAITING))
        yield run_id


def test_a_run_that_lost_its_process_and_its_code_server_is_ended(
    code_server: CodeServer, project: Project, waiting_run: str
) -> None:
    worker = code_server.worker(waiting_run)
    assert look(project.instance) == "no run has lost its process"
    code_server.kill()
    assert alive({worker})
    assert look(project.instance) == "no run has lost its process"
    assert code_server.status(waiting_run) is DagsterRunStatus.STARTED
    os.kill(worker, signal.SIGKILL)
    # A killed process is a zombie before the last of its threads has let go of its files.
    wait_until(lambda: look(project.instance) == f"ended {waiting_run}")
    assert code_server.status(waiting_run) is DagsterRunStatus.FAILURE
    (record,) = project.instance.get_records_for_run(waiting_run, of_type=DagsterEventType.RUN_FAILURE).records
    assert "the process of this run is gone" in record.event_log_entry.message
    run = project.instance.get_run_by_id(waiting_run)
    assert run
    assert run.tags["dagster/will_retry"] == "true"
    assert look(project.instance) == "no run has lost its process"
    assert list(workers_folder(project.instance).iterdir()) == []


def test_a_run_that_was_being_cancelled_then_counts_as_cancelled(project: Project) -> None:
    run_id = left_behind(project, DagsterRunStatus.CANCELING)
    assert end_abandoned_runs(project.instance) == [run_id]
    assert status(project, run_id) is DagsterRunStatus.CANCELED


@pytest.mark.parametrize("ended", [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE])
def test_a_run_that_has_ended_is_left_as_it_is(project: Project, ended: DagsterRunStatus) -> None:
    run_id = left_behind(project, ended)
    assert end_abandoned_runs(project.instance) == []
    assert status(project, run_id) is ended
    assert list(workers_folder(project.instance).iterdir()) == []


def test_a_run_that_lives_where_we_cannot_see_it_is_not_touched(project: Project) -> None:
    job = project.definitions.resolve_job_def("logs_job")
    run = project.instance.create_run_for_job(job_def=job, status=DagsterRunStatus.STARTED)
    assert end_abandoned_runs(project.instance) == []
    assert status(project, run.run_id) is DagsterRunStatus.STARTED


def test_a_run_whose_process_died_before_its_first_step_is_ended_two_minutes_later(project: Project) -> None:
    run_id = begun(project)
    assert stillborn_runs(project.instance, time.time()) == []
    assert stillborn_runs(project.instance, time.time() + 121) == [run_id]


def test_a_run_that_holds_its_lifeline_or_has_begun_a_step_was_born(project: Project) -> None:
    waiting, working = begun(project), begun(project)
    step = DagsterEvent(DagsterEventType.STEP_START.value, "logs_job", step_key="logs.extract")
    project.instance.report_dagster_event(step, working)
    with lifeline(workers_folder(project.instance), waiting):
        assert stillborn_runs(project.instance, time.time() + 121) == []


def test_a_run_of_which_one_process_lives_is_not_touched(project: Project) -> None:
    run_id = left_behind(project, DagsterRunStatus.STARTED)
    with lifeline(workers_folder(project.instance), run_id):
        assert end_abandoned_runs(project.instance) == []
    assert end_abandoned_runs(project.instance) == [run_id]


def test_a_run_that_ends_leaves_nothing(project: Project, days: list[str]) -> None:
    assert project.run(partition=days[0]).success
    assert list(workers_folder(project.instance).iterdir()) == []


def test_it_is_on_by_default() -> None:
    assert reconciler_sensor().default_status is DefaultSensorStatus.RUNNING


def begun(project: Project) -> str:
    """Return a run that has started just now, and has done nothing else."""
    job = project.definitions.resolve_job_def("logs_job")
    run = project.instance.create_run_for_job(job_def=job, status=DagsterRunStatus.STARTING)
    event = DagsterEvent(DagsterEventType.RUN_START.value, "logs_job")
    project.instance.report_dagster_event(event, run.run_id)
    return run.run_id


def left_behind(project: Project, status: DagsterRunStatus) -> str:
    """Return a run of this status with the file of a process that is gone."""
    job = project.definitions.resolve_job_def("logs_job")
    run = project.instance.create_run_for_job(job_def=job, status=status)
    folder = workers_folder(project.instance)
    folder.mkdir()
    (folder / f"{run.run_id}.gone").touch()
    return run.run_id


def status(project: Project, run_id: str) -> DagsterRunStatus:
    run = project.instance.get_run_by_id(run_id)
    assert run
    return run.status


def look(instance: DagsterInstance) -> str:
    """Evaluate one tick, as the daemon does."""
    with build_sensor_context(instance=instance) as context:
        found = reconciler_sensor()(context)
    assert isinstance(found, SkipReason)
    return str(found.skip_message)
