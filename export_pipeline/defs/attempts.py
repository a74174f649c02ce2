"""What the run storage knows of a dataset's partitions: which are under way, which failed of late.

Nothing is remembered elsewhere, so nothing can be lost. Every query has a limit.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dagster import AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from export_pipeline.defs.jobs import job_name
from export_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG

CONFIGURATION_TAG: Final = "configuration"
"""Of runs that the sensor asks for: under which settings and declaration. Failures under others do not count."""

REMEMBERED: Final = timedelta(days=2)
"""Long enough for the five failures behind which the back-off grows no more (`due.py`)."""

_MOST_RUNS: Final = 1000
_UNDER_WAY: Final = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True, slots=True)
class Failures:
    """How often in a row a partition's runs failed, or were cancelled, and when the last one ended."""

    count: int
    last: datetime


def partitions_under_way(
    instance: DagsterInstance, dataset: str, assets: frozenset[AssetKey], keys: Sequence[str]
) -> frozenset[str]:
    """Return those of `keys`, which are in order, that a queued or running run works on already.

    It may be a run of the dataset's job, of a backfill, or one launched from the page of one of its `assets`.
    """
    runs = instance.get_runs(RunsFilter(statuses=_UNDER_WAY), limit=_MOST_RUNS)
    ours = [run for run in runs if _selects(run, dataset, assets)]
    return frozenset(key for run in ours for key in partitions_of(run, keys))


def failures(
    instance: DagsterInstance, configuration: str, published_at: Mapping[str, datetime], now: datetime
) -> dict[str, Failures]:
    """Return what failed under this configuration since it was published, by partition."""
    wanted = RunsFilter(
        tags={CONFIGURATION_TAG: configuration},
        statuses=[DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED],
        created_after=now - REMEMBERED,
    )
    counts: Counter[str] = Counter()
    latest: dict[str, datetime] = {}
    for record in instance.get_run_records(wanted, limit=_MOST_RUNS):
        key, ended = record.dagster_run.tags.get(PARTITION_TAG), ended_at(record)
        if key is None or (key in published_at and ended <= published_at[key]):
            continue
        counts[key] += 1
        latest[key] = max(ended, latest.get(key, ended))
    return {key: Failures(counts[key], latest[key]) for key in counts}


def partitions_of(run: DagsterRun, keys: Sequence[str]) -> list[str]:
    """Return those of `keys`, which are in order, that the run is for."""
    only = run.tags.get(PARTITION_TAG)
    start, end = run.tags.get(RANGE_START_TAG, only), run.tags.get(RANGE_END_TAG, only)
    return [key for key in keys if start and end and start <= key <= end]


def ended_at(record: RunRecord) -> datetime:
    """Return when the run ended, in UTC."""
    return datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp


def _selects(run: DagsterRun, dataset: str, assets: frozenset[AssetKey]) -> bool:
    if run.asset_selection is None:
        return run.job_name == job_name(dataset)
    return bool(run.asset_selection & assets)
