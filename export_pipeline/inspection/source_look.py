"""One look at the source for all the partitions of a run: its columns, and a count of each partition's rows.

Counted by the server, in a snapshot later than the files' own. What the counts mean is `reconciliation.py`'s business.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.extract.catalog import differences, undeclared
from export_pipeline.extract.query import comparison_query
from export_pipeline.extract.selection import Window
from export_pipeline.extract.snapshot import Snapshot, SnapshotIdentity, open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.extract.tally import relations_of


@dataclass(frozen=True, slots=True)
class SourceCount:
    """A partition's rows today, and how many of them are from transactions that ended before the horizon asked for.

    `before_horizon` is None where the source shows no transaction ids: there a digest tells what the rows are.
    """

    rows: int
    before_horizon: int | None
    digest: str | None = None
    old_relations: Mapping[str, str] = field(default_factory=dict)
    """The tables that hold the rows of `before_horizon`: oid → layout."""

    @property
    def written_since(self) -> int | None:
        """Rows that a later transaction wrote."""
        return None if self.before_horizon is None else self.rows - self.before_horizon


@dataclass(frozen=True, slots=True)
class SourceLook:
    """The live table beside its declaration, and the partitions' counts; none where they cannot be counted."""

    identity: SnapshotIdentity
    differences: tuple[str, ...]
    undeclared: tuple[str, ...]
    counts: Mapping[str, SourceCount]


def look_at_source(
    source: Source, dataset: Dataset, partitioning: Partitioning, horizons: Mapping[str, int]
) -> SourceLook:
    """Look at the partitions that `horizons` names, which must follow each other, oldest first.

    A horizon is the `xmin` of the snapshot that the partition's file shows, 0 where there is no file.
    Raises: TransientError, PermanentError where the source cannot be read.
    """
    selection, bounds = dataset.selection, partitioning.bounds(list(horizons))
    selection = replace(selection, window=Window(bounds[0], bounds[-1]))
    readable = selection.columns[0].source_name
    with open_snapshot(source, [(selection.table, readable)], f"{dataset.name}: checking the source") as snapshot:
        live = snapshot.describe(selection)
        differing = differences(live, selection)
        counts = {}
        if selection.placing_time.source_name not in differing:
            query = comparison_query(selection, bounds, list(horizons.values()), with_xmin=live.has_xmin)
            counts = _counts(snapshot, query, list(horizons))
    return SourceLook(snapshot.identity, tuple(differing.values()), undeclared(live, selection), counts)


def _counts(snapshot: Snapshot, query: str, keys: Sequence[str]) -> dict[str, SourceCount]:
    parts = defaultdict(list)
    for bucket, *part in snapshot.rows(query):
        parts[bucket].append(part)
    return {key: _add_up(parts.get(number, [])) for number, key in enumerate(keys, start=1)}


def _add_up(parts: Sequence[Sequence[Any]]) -> SourceCount:  # Any: what `comparison_query` selects
    """Return the count of a partition whose rows may lie in several relations."""
    relations, rows, old, digests, layouts = zip(*parts, strict=True) if parts else ((),) * 5
    blind = None in old
    return SourceCount(
        sum(rows),
        None if blind else sum(old),
        digests[0] if blind else None,
        relations_of((relations[i], layouts[i]) for i, count in enumerate(old) if count),
    )
