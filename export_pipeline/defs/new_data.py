"""The sensor of every dataset: ask for a run of each partition that differs from its file.

How a difference is found is `changes/`; `look.py` looks, `due.py` says which partitions are asked for now. The sensor
keeps no state of its own, neither a cursor nor run keys: the run storage and the manifests say all there is to know.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from dagster import DefaultSensorStatus, RunRequest, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.attempts import CONFIGURATION_TAG
from export_pipeline.defs.due import Due, sort_out
from export_pipeline.defs.jobs import asset_key, job_name
from export_pipeline.defs.look import LIMITS, configuration, recent_partitions, take_look
from export_pipeline.errors import ExportError, SourceBusyError
from export_pipeline.extract.names import quote
from export_pipeline.settings import Settings

_MOST_REASONS = 5


def sensor_name(dataset: str) -> str:
    """Return the name of the dataset's sensor, by which its ticks are found."""
    return f"{dataset}_new_data"


def new_data_sensor(dataset: Dataset, settings: Settings) -> SensorDefinition:
    """Return the sensor that requests a run for each partition whose file is missing or out of date."""

    @sensor(
        name=sensor_name(dataset.name),
        job_name=job_name(dataset.name),
        minimum_interval_seconds=settings.sensor_interval_s,
        default_status=DefaultSensorStatus.RUNNING if settings.sensors_on else DefaultSensorStatus.STOPPED,
        description=(
            f"Compares the last {settings.sensor_window_days} days of `{dataset.table}` with what is "
            "published: late, updated and deleted rows are found, without a cursor that could lose any."
        ),
    )
    def look(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        now = datetime.now(UTC)
        keys = recent_partitions(settings.partitioning_of(dataset.name), now, settings.sensor_window_days)
        if not keys:
            yield SkipReason(f"the first partition begins after {now:%Y-%m-%d}")
            return
        try:
            due, waiting = sort_out(take_look(context.instance, dataset, settings, keys, now))
        except SourceBusyError as error:
            yield SkipReason(_too_slow(dataset, error))
            return
        except ExportError as error:
            # The message says it all: the driver's own errors below it would make a wall of text of the tick.
            raise error.with_traceback(None) from None
        asked = due[: settings.sensor_max_requests]
        said = _summary(len(keys), len(asked), len(due), waiting)
        context.log.info("%s: %s", dataset.name, said)
        if not asked:
            yield SkipReason(said)
        for one in asked:
            context.log.info("%s %s: %s", dataset.name, one.key, one.reason)
            yield _request(dataset, settings, one)

    return look


def _request(dataset: Dataset, settings: Settings, due: Due) -> RunRequest:
    """Ask for the partition; where its Parquet file is as it should be, for the derived formats alone."""
    return RunRequest(
        partition_key=due.key,
        tags={CONFIGURATION_TAG: configuration(dataset, settings)},
        asset_selection=[asset_key(dataset.name, fmt.name) for fmt in due.formats] or None,
    )


def _summary(looked_at: int, asked: int, due: int, waiting: Mapping[str, str]) -> str:
    later = f", {due - asked} more at the next look" if due > asked else ""
    said = f"{looked_at} partitions looked at, {asked or 'none'} to export{later}"
    reasons = [f"{key} {why}" for key, why in list(waiting.items())[:_MOST_REASONS]]
    more = [f"{len(waiting) - _MOST_REASONS} others wait, too"] if len(waiting) > _MOST_REASONS else []
    return "; ".join([said, *reasons, *more])


def _too_slow(dataset: Dataset, error: SourceBusyError) -> str:
    return (
        f"given up, the next look begins anew: {error}. A look may wait {LIMITS.lock_s:g} s for a lock and scan for "
        f"{LIMITS.statement_s:g} s. If this goes on, lower EXPORT_SENSOR_WINDOW_DAYS, or run: "
        f"CREATE INDEX CONCURRENTLY ON {dataset.table.quoted} ({quote(dataset.selection.placing_time.source_name)})"
    )
