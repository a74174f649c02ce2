"""Tallies a dataset's rows per partition in one snapshot.

Rows that lie in no partition (before the first, without a time, at ±infinity) are counted too, so that they
are never silently outside every window.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.errors import ConfigError
from export_pipeline.extract.catalog import require_declared
from export_pipeline.extract.query import scan_query
from export_pipeline.extract.selection import Window
from export_pipeline.extract.snapshot import SnapshotIdentity, open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.extract.tally import TalliedRows, Tally, add_up


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look at the source saw: each partition asked for, and the rows that lie in none of them."""

    identity: SnapshotIdentity
    partitions: dict[str, Tally]
    strays: int
    """Rows before the first partition asked for, after the last, or without a time; 0 in a bounded scan."""


def scan(source: Source, dataset: Dataset, partitioning: Partitioning, keys: Sequence[str], *, bounded: bool) -> Scan:
    """Count the partitions `keys`, which must follow each other, oldest first.

    A `bounded` scan reads only their span of time, by the time index; another one reads the whole table and
    so sees the strays. Raises: ConfigError without a key; TransientError, PermanentError as `extract` does.
    """
    if not keys:
        raise ConfigError(
            f"{dataset.name}: there is no partition to look at; the first one, "
            f"{partitioning.first.isoformat()}, lies in the future; "
            "set EXPORT_FIRST_PARTITION to an earlier day"
        )
    bounds = partitioning.bounds(keys)
    selection = dataset.selection
    if bounded:
        selection = replace(selection, window=Window(bounds[0], bounds[-1]))
    readable = selection.columns[0].source_name
    with open_snapshot(source, [(selection.table, readable)], f"{dataset.name}: looking for changes") as snapshot:
        live = snapshot.describe(selection)
        require_declared(live, selection)
        rows = snapshot.rows(scan_query(selection, bounds, with_xmin=live.has_xmin))
    buckets = _by_bucket(rows)
    partitions = {key: buckets.pop(number, Tally()) for number, key in enumerate(keys, start=1)}
    return Scan(snapshot.identity, partitions, sum(stray.rows for stray in buckets.values()))


def _by_bucket(rows: Iterable[tuple[Any, ...]]) -> dict[int | None, Tally]:  # Any: what `scan_query` selects
    parts = defaultdict(list)
    for *part, bucket, layout in rows:
        parts[bucket].append(TalliedRows._make((*part, layout)))
    return {bucket: add_up(found) for bucket, found in parts.items()}
