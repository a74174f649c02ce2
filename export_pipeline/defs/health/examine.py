"""Looks at everything, in the order in which people should read it. Bounded: each place gets seconds to answer."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

from dagster import DagsterInstance

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.health.daemon import daemon
from export_pipeline.defs.health.exports import failed_partitions, last_success
from export_pipeline.defs.health.places import destination, source, storage_database
from export_pipeline.defs.health.queue import queued_runs, runs_under_way
from export_pipeline.defs.health.reading import Part, Reading, fault, take_readings
from export_pipeline.defs.health.sensors import last_look
from export_pipeline.defs.look import LIMITS
from export_pipeline.preflight.destination import impatient_destination
from export_pipeline.preflight.finding import State, not_looked_at
from export_pipeline.settings import Settings

OpenInstance = Callable[[], AbstractContextManager[DagsterInstance]]

_CHECK: Final = "`export-pipeline check` says what is wrong, step by step"
_LOG: Final = "the log of the storage database says more"


def examine(settings: Settings, open_instance: OpenInstance) -> list[Reading]:
    """Return a reading of every part. Dagster's own are left out where its storage does not answer."""
    storage, *others = take_readings(
        [
            Part("storage database", lambda: storage_database(settings), _CHECK),
            Part("source", lambda: source(settings.source.within(LIMITS)), _CHECK),
            Part("destination", lambda: destination(impatient_destination(settings)), _CHECK),
        ]
    )
    if storage.finding.state is State.FAILED:
        return [storage, *others, Reading(not_looked_at("dagster", "its storage database does not answer"))]
    return [storage, *others, *_readings_of_dagster(settings, open_instance)]


def _readings_of_dagster(settings: Settings, open_instance: OpenInstance) -> Sequence[Reading]:
    try:
        with open_instance() as instance:
            return take_readings(_parts_of_dagster(settings, instance))
    except Exception as error:  # noqa: BLE001 - without DAGSTER_HOME, or with another dagster.yaml
        advice = "set DAGSTER_HOME to the folder that holds dagster.yaml, as for the daemon"
        return [fault("dagster", error, advice)]


def _parts_of_dagster(settings: Settings, instance: DagsterInstance) -> list[Part]:
    now = datetime.now(UTC)
    return [
        Part("daemon", lambda: daemon(instance, now), _LOG),
        Part("queue", lambda: queued_runs(instance, now), _LOG),
        Part("runs", lambda: runs_under_way(instance, now), _LOG),
        *(part for dataset in settings.enabled_datasets for part in _parts_of(dataset, settings, instance, now)),
    ]


def _parts_of(dataset: Dataset, settings: Settings, instance: DagsterInstance, now: datetime) -> list[Part]:
    return [
        Part(f"{dataset.name} freshness", lambda: last_success(instance, dataset, settings, now), _LOG),
        Part(f"{dataset.name} sensor", lambda: last_look(instance, dataset, settings, now), _LOG),
        Part(f"{dataset.name} failures", lambda: failed_partitions(instance, dataset, settings), _LOG),
    ]
