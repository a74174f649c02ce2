"""Waiting and running runs, in a real run storage."""

from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterInstance, DagsterRunStatus, job
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from export_pipeline.defs.health.queue import queued_runs, runs_under_way
from export_pipeline.preflight.finding import State

_ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("location"), "repository"), "_nothing")


@job
def _nothing() -> None:
    """Stands for any job."""


def test_without_a_run_all_is_well(instance: DagsterInstance) -> None:
    now = datetime.now(UTC)
    assert queued_runs(instance, now).finding.state is State.OK
    assert queued_runs(instance, now).figures == {"queued_runs": 0, "oldest_queued_s": 0.0}
    assert runs_under_way(instance, now).figures == {"runs_under_way": 0, "longest_run_s": 0.0}


@pytest.mark.parametrize(
    ("later", "state", "said"),
    [
        (timedelta(minutes=5), State.OK, "2 runs wait, the oldest for 5 min"),
        (timedelta(minutes=11), State.WARNING, "2 runs wait, the oldest for 11 min"),
        (timedelta(hours=2), State.FAILED, "2 runs wait, the oldest for 2 h"),
    ],
)
def test_the_oldest_queued_run_decides(instance: DagsterInstance, later: timedelta, state: State, said: str) -> None:
    for _ in range(2):
        instance.create_run_for_job(_nothing, status=DagsterRunStatus.QUEUED, remote_job_origin=_ORIGIN)
    (_, oldest) = instance.get_run_records()
    reading = queued_runs(instance, oldest.create_timestamp + later)
    assert (reading.finding.state, reading.finding.found) == (state, said)
    assert reading.figures == {"queued_runs": 2, "oldest_queued_s": later.total_seconds()}
    assert ("dagster instance concurrency" in reading.finding.next_step) == (state is not State.OK)


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (timedelta(hours=1), State.OK),
        (timedelta(hours=4), State.WARNING),
        (timedelta(hours=7), State.FAILED),
    ],
)
def test_a_run_that_does_not_end_is_noticed(instance: DagsterInstance, later: timedelta, state: State) -> None:
    instance.create_run_for_job(_nothing, status=DagsterRunStatus.STARTED)
    (record,) = instance.get_run_records()
    reading = runs_under_way(instance, record.create_timestamp + later)
    assert reading.finding.state is state
    assert reading.finding.found == f"1 under way, the oldest for {later.total_seconds() // 3600:.0f} h"
    assert reading.figures["runs_under_way"] == 1
