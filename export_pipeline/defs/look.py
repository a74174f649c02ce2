"""One look at the source and at the run storage, bounded in time; what becomes of it is `due.py`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from dagster import DagsterInstance

import export_pipeline
from export_pipeline.changes.pending import compare
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.defs.attempts import failures, partitions_under_way
from export_pipeline.defs.due import Look
from export_pipeline.defs.jobs import asset_keys
from export_pipeline.extract.source import Timeouts
from export_pipeline.settings import Settings

# Dagster ends a look after 60 s: connecting, locking and scanning, each at its limit, leave room for the manifests.
LIMITS: Final = Timeouts(connect_s=5, lock_s=5, statement_s=30, idle_in_transaction_s=30, network_silence_s=10)


def take_look(
    instance: DagsterInstance, dataset: Dataset, settings: Settings, keys: Sequence[str], now: datetime
) -> Look:
    """Compare the partitions `keys` with the source. Raises: SourceBusyError when it takes too long, ExportError."""
    # First: of a run that ends while the source is scanned, the file may be seen as it was before.
    assets = asset_keys(dataset.name, settings.formats_of(dataset.name))
    under_way = partitions_under_way(instance, dataset.name, assets, keys)
    source = settings.source.within(LIMITS)
    partitioning, published = settings.partitioning_of(dataset.name), settings.published_of(dataset.name)
    found = compare(source, dataset, partitioning, keys, published, bounded=True)
    return Look(
        found,
        open_key=keys[-1],
        under_way=under_way,
        failures=failures(instance, configuration(dataset, settings), found.published_at, now),
        now=now,
        open_every=timedelta(seconds=settings.open_partition_debounce_s),
    )


def recent_partitions(partitioning: Partitioning, now: datetime, days: int) -> list[str]:
    """Return the partitions of the last `days` days, the open one included, oldest first."""
    before = len(partitioning.keys(now - timedelta(days=days)))
    return partitioning.keys(now)[max(0, before - 1) :]


def configuration(dataset: Dataset, settings: Settings) -> str:
    """Return a name for what a run's outcome depends on: when it changes, earlier failures say nothing any more."""
    chosen = settings.model_dump_json(exclude={"source_url", "storage_url", "config", "env_file"})
    parts = (dataset.name, dataset.fingerprint, chosen, str(settings.source), export_pipeline.__version__)
    return sha256("\n".join(parts).encode()).hexdigest()[:12]
