"""The schedule of every dataset: when a partition has closed, export it.

Not Dagster's `build_schedule_from_partitioned_job`: that asks for the last partition, which here is the open one
(docs/decisions/001-closed-partitions.md). When the daemon was away, Dagster makes up for the last five ticks; a
partition that closed before those is the sensor's business.
"""

from datetime import datetime, timedelta

from dagster import RunRequest, ScheduleDefinition, ScheduleEvaluationContext, SkipReason, schedule

from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.defs.jobs import job_name

_MINUTES_AFTER = 10
"""Late rows are the sensor's business; this only spares the last transactions of the day a second export."""


def closed_partition_schedule(dataset: str, partitioning: Partitioning) -> ScheduleDefinition:
    """Return the schedule that exports each partition ten minutes after it closed."""
    hourly = partitioning.grain is Grain.HOUR

    @schedule(
        name=f"{dataset}_closed_partition",
        job_name=job_name(dataset),
        cron_schedule=f"{_MINUTES_AFTER} * * * *" if hourly else f"{_MINUTES_AFTER} 0 * * *",
        execution_timezone="UTC" if hourly else partitioning.zone,
        description=f"Exports the {'hour' if hourly else 'day'} of {dataset} that has just closed.",
    )
    def evaluate(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        key = last_closed_partition(partitioning, context.scheduled_execution_time)
        if key is None:
            return SkipReason("no partition has closed yet")
        return RunRequest(run_key=key, partition_key=key)

    return evaluate


def last_closed_partition(partitioning: Partitioning, now: datetime) -> str | None:
    """Return the key of the partition before the one that is open at `now` (aware); None where there is none."""
    keys = partitioning.keys(now)
    if not keys:
        return None
    opened = partitioning.window(keys[-1]).start
    # Not keys[-2]: where a day is missing (Apia, 2011-12-30), its window is empty.
    closed = partitioning.keys(opened - timedelta(microseconds=1)) if opened else []
    return closed[-1] if closed else None
