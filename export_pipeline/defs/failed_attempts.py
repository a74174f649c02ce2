"""Which partitions' last attempt failed, read from the event log and the run storage; every query has a limit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dagster import AssetKey, DagsterEventType, DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter

from export_pipeline.defs.attempts import ended_at

_MOST_RUNS: Final = 200
_MOST_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """The last attempt at one partition of one asset, which failed at `when`, in UTC."""

    asset: AssetKey
    partition: str
    run_id: str
    when: datetime


def failed_attempts(instance: DagsterInstance, assets: Iterable[AssetKey]) -> Sequence[FailedAttempt]:
    """Return the partitions of `assets` whose last attempt failed, newest first.

    A partition that succeeded since, that was cancelled, or that is queued or under way again is not among them.
    """
    attempts = [
        (key, partition, run_id)
        for key in sorted(assets)
        for partition, run_id in _attempts_without_success(instance, key).items()
    ]
    failed = _failed_runs(instance, {run_id for _, _, run_id in attempts})
    found = [
        FailedAttempt(key, partition, run_id, ended_at(failed[run_id]))
        for key, partition, run_id in attempts
        if run_id in failed
    ]
    return sorted(found, key=lambda attempt: (attempt.when, attempt.partition), reverse=True)


def first_line_of_error(instance: DagsterInstance, run_id: str) -> str:
    """Return the first line of what `error_of` returns."""
    line = error_of(instance, run_id).strip().splitlines()[0].removeprefix("dagster._core.definitions.events.Failure: ")
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"


def error_of(instance: DagsterInstance, run_id: str) -> str:
    """Return what the first failed step says; where no step could say anything (a crash), what ended the run."""
    kinds = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}
    said = "no message; see the run"
    for record in instance.get_records_for_run(run_id, of_type=kinds, limit=10).records:
        event = record.event_log_entry.dagster_event
        if event is None:
            continue
        if event.is_step_failure and event.step_failure_data.error is not None:
            said = event.step_failure_data.error.message
            break
        said = event.message or said
    return said


def _attempts_without_success(instance: DagsterInstance, key: AssetKey) -> dict[str, str]:
    """Return the run of the last attempt at each partition that did not publish it, of the newest runs only."""
    # The query that colours the partitions of an asset's page.
    storage = instance.event_log_storage
    found = storage.get_latest_asset_partition_materialization_attempts_without_materializations(key)
    newest = sorted(found.items(), key=lambda item: item[1][1], reverse=True)
    return {partition: run_id for partition, (run_id, _) in newest[:_MOST_RUNS]}


def _failed_runs(instance: DagsterInstance, run_ids: set[str]) -> dict[str, RunRecord]:
    if not run_ids:
        return {}
    wanted = RunsFilter(run_ids=sorted(run_ids), statuses=[DagsterRunStatus.FAILURE])
    records = instance.get_run_records(wanted, limit=_MOST_RUNS)
    return {record.dagster_run.run_id: record for record in records}
