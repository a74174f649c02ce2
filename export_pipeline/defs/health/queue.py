"""The runs that wait and those under way, from the run storage. Every query has a limit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from dagster import DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter

from export_pipeline.defs.health.reading import Reading, graded, in_words
from export_pipeline.preflight.finding import Finding, State, ok

WAITS_LONG_S: Final = 600
WAITS_TOO_LONG_S: Final = 3600
RUNS_LONG_S: Final = 3 * 3600
RUNS_TOO_LONG_S: Final = 6 * 3600
"""`run_monitoring.max_runtime_seconds` of dagster.yaml: what is older should have been ended."""

_MOST_RUNS: Final = 200
_UNDER_WAY: Final = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def queued_runs(instance: DagsterInstance, now: datetime) -> Reading:
    """Say how many runs wait, and since when: a long wait means that the daemon is down or a pool full."""
    waiting = RunsFilter(statuses=[DagsterRunStatus.QUEUED])
    oldest = instance.get_run_records(waiting, limit=1, ascending=True)
    if not oldest:
        return Reading(ok("queue", "no run waits"), {"queued_runs": 0, "oldest_queued_s": 0.0})
    count, age_s = instance.get_runs_count(waiting), (now - oldest[0].create_timestamp).total_seconds()
    state = graded(age_s, WAITS_LONG_S, WAITS_TOO_LONG_S)
    advice = "look at the daemon below, and at full pools: `dagster instance concurrency get --all`"
    said = f"{count} runs wait, the oldest for {in_words(age_s)}"
    return Reading(_judged("queue", state, said, advice), {"queued_runs": count, "oldest_queued_s": age_s})


def runs_under_way(instance: DagsterInstance, now: datetime) -> Reading:
    """Say how many runs are under way, and how long the oldest has been."""
    records = instance.get_run_records(RunsFilter(statuses=_UNDER_WAY), limit=_MOST_RUNS, ascending=True)
    age_s = _longest(records, now)
    figures = {"runs_under_way": len(records), "longest_run_s": age_s}
    if not records:
        return Reading(ok("runs", "none is under way"), figures)
    state = graded(age_s, RUNS_LONG_S, RUNS_TOO_LONG_S)
    said = f"{len(records)} under way, the oldest for {in_words(age_s)}"
    return Reading(_judged("runs", state, said, "look at its page, and terminate it if it hangs"), figures)


def _longest(records: Sequence[RunRecord], now: datetime) -> float:
    starts = [record.start_time or record.create_timestamp.timestamp() for record in records]
    return max((now.timestamp() - start for start in starts), default=0.0)


def _judged(subject: str, state: State, said: str, advice: str) -> Finding:
    return Finding(subject, state, said, "" if state is State.OK else advice)
