"""The sensor of every dataset: look at the source, ask for a run of each partition that differs from its file.

How a difference is found is `changes/`; here it becomes run requests, capped, and never two for one partition.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from export_pipeline.changes.pending import Comparison, compare
from export_pipeline.changes.verdict import State
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.defs.jobs import job_name
from export_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from export_pipeline.settings import Settings

_UNDER_WAY = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def new_data_sensor(dataset: Dataset, settings: Settings) -> SensorDefinition:
    """Return the sensor that requests a run for each partition whose file is missing or out of date."""

    @sensor(
        name=f"{dataset.name}_new_data",
        job_name=job_name(dataset.name),
        minimum_interval_seconds=settings.sensor_interval_s,
        default_status=DefaultSensorStatus.STOPPED,
        description=(
            f"Compares the last {settings.sensor_window_days} days of `{dataset.table}` with what is "
            "published: late, updated and deleted rows are found, without a cursor that could lose any."
        ),
    )
    def look(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        now = datetime.now(UTC)
        keys = recent_partitions(settings.partitioning, now, settings.sensor_window_days)
        if not keys:
            yield SkipReason(f"the first partition begins after {now:%Y-%m-%d}")
            return
        found = compare(settings.source, dataset, settings.partitioning, keys, settings.published, bounded=True)
        busy = partitions_under_way(context.instance, job_name(dataset.name), keys)
        wanted = [key for key in found.pending if key not in busy and _is_worth_a_run(found, key)]
        if not wanted:
            yield SkipReason(f"{len(keys)} partitions looked at, none to export")
        for key in wanted[: settings.sensor_max_requests]:
            context.log.info("%s %s: %s", dataset.name, key, found.verdicts[key].reason)
            yield RunRequest(run_key=_run_key(dataset, found, key, now), partition_key=key)

    return look


def recent_partitions(partitioning: Partitioning, now: datetime, days: int) -> list[str]:
    """Return the partitions of the last `days` days, the open one included, oldest first."""
    before = len(partitioning.keys(now - timedelta(days=days)))
    return partitioning.keys(now)[max(0, before - 1) :]


def partitions_under_way(instance: DagsterInstance, job_name: str, keys: Sequence[str]) -> set[str]:
    """Return those of `keys`, which are in order, that a queued or running run of the job works on already."""
    busy: set[str] = set()
    for run in instance.get_runs(RunsFilter(job_name=job_name, statuses=_UNDER_WAY)):
        only = run.tags.get(PARTITION_TAG)
        start, end = run.tags.get(RANGE_START_TAG, only), run.tags.get(RANGE_END_TAG, only)
        busy.update(key for key in keys if start and end and start <= key <= end)
    return busy


def _run_key(dataset: Dataset, found: Comparison, key: str, now: datetime) -> str:
    """Name one state of one partition: Dagster runs each name once.

    The hour belongs to it, so that a run that failed, or a file that was removed by hand, is not forgotten: what
    still differs is asked for again in the next hour, not at every look.
    """
    tally = found.scan.partitions[key]
    state = f"{tally.rows}-{tally.newest}-{found.scan.identity.timeline}-{dataset.fingerprint[:12]}"
    return f"{dataset.name}-{key}-{state}-{now:%Y-%m-%dT%H}"


def _is_worth_a_run(found: Comparison, key: str) -> bool:
    """Leave an empty partition that was never published to the schedule."""
    return found.scan.partitions[key].rows > 0 or found.verdicts[key].state is not State.MISSING
