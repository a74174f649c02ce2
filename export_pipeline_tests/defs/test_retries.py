"""Our errors in Dagster's words: a bounded retry with jitter, or a stop with one message."""

import threading

import psycopg
import pytest
from dagster import DagsterInstance, DagsterRunStatus, Failure, RetryRequested
from dagster._core.events import JobFailureData, RunFailureReason
from dagster._core.storage.tags import WILL_RETRY_TAG
from dagster._core.test_utils import create_run_for_test
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline import errors
from export_pipeline.defs import retries as retry_policy
from export_pipeline.defs.pools import SOURCE_POOL
from export_pipeline.defs.retries import (
    MAX_RETRIES,
    Attempt,
    delay_s,
    retries_by_error_class,
)
from export_pipeline_tests.defs.project import Project, failures, retries
from export_pipeline_tests.processes import wait_until

TRANSIENT = errors.TransientError.__subclasses__()
PERMANENT = errors.PermanentError.__subclasses__()


@pytest.fixture
def run(instance: DagsterInstance) -> Attempt:
    """Give the first attempt of a step in a run that goes on."""
    created = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
    return Attempt(instance, created.run_id)


def begun_again(attempt: Attempt) -> bool:
    """End the run by a step's failure; tell whether Dagster will begin it again."""
    run = attempt.instance.get_run_by_id(attempt.run_id)
    assert run
    attempt.instance.report_run_failed(run, job_failure_data=JobFailureData(None, RunFailureReason.STEP_FAILURE))
    ended = attempt.instance.get_run_by_id(attempt.run_id)
    assert ended
    return ended.tags[WILL_RETRY_TAG] == "true"


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("attempt", range(MAX_RETRIES))
def test_a_transient_error_asks_for_another_attempt(
    kind: type[errors.TransientError], attempt: int, run: Attempt
) -> None:
    with pytest.raises(RetryRequested) as caught, retries_by_error_class(run._replace(retries=attempt)):
        raise kind("the server is away")
    assert caught.value.max_retries == MAX_RETRIES
    assert isinstance(caught.value.__cause__, kind)


def test_behind_the_last_attempt_a_transient_error_is_a_failure(run: Attempt) -> None:
    with pytest.raises(Failure) as caught, retries_by_error_class(run._replace(retries=MAX_RETRIES)):
        raise errors.SourceBusyError("the table is locked")
    assert caught.value.description == "the table is locked (given up after 5 attempts)"
    assert not caught.value.allow_retries
    assert not begun_again(run)


@pytest.mark.parametrize("kind", PERMANENT)
def test_a_permanent_error_is_a_failure_at_once(kind: type[errors.PermanentError], run: Attempt) -> None:
    with pytest.raises(Failure, match="mend it") as caught, retries_by_error_class(run):
        raise kind("mend it")
    assert not caught.value.allow_retries
    assert not begun_again(run)


def test_anything_else_stays_what_it_is_and_its_run_is_begun_again(run: Attempt) -> None:
    with pytest.raises(ZeroDivisionError), retries_by_error_class(run):
        raise ZeroDivisionError
    assert begun_again(run)


@given(st.integers(0, 50))
def test_a_delay_doubles_within_its_bounds(attempt: int) -> None:
    longest = min(60.0, 2.0 * 2**attempt)
    assert longest / 2 <= delay_s(attempt) <= longest


def test_a_run_that_waits_for_its_retry_holds_no_place_in_the_sources_pool(
    project: Project, days: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "FIRST_DELAY_S", 8.0)  # 4 to 8 seconds: time to look
    with psycopg.connect(project.settings.source.conninfo) as blocker:
        blocker.execute("lock table log_entries in access exclusive mode")
        watcher = PoolWatcher(project.instance, blocker)
        watcher.start()
        result = project.with_settings(lock_timeout_s=1).run(partition=days[0], assets=["logs"])
        watcher.join()
    assert failures(result) == {}
    assert retries(result) == 1
    assert watcher.saw == ["taken", "free"]


class PoolWatcher(threading.Thread):
    """Sees the place being taken and given back; lets the table go while nobody holds the place."""

    def __init__(self, instance: DagsterInstance, blocker: psycopg.Connection) -> None:
        super().__init__()
        self._instance = instance
        self._blocker = blocker
        self.saw: list[str] = []

    def run(self) -> None:
        self._see(1, "taken")
        self._see(0, "free")
        self._blocker.rollback()

    def _see(self, places: int, word: str) -> None:
        storage = self._instance.event_log_storage
        wait_until(lambda: storage.get_concurrency_info(SOURCE_POOL).active_slot_count == places)
        self.saw.append(word)
