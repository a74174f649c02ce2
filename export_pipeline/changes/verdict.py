"""Compares what is published with what the source holds, one partition at a time. Pure: no I/O.

A row version written by a transaction that ended before the manifest's horizon H (`snapshot.xmin`) was in
the file. If nothing in the partition is newer than H and the count is the same, the two sets of rows are
the same. So `in_sync` is never wrong; `changed` may be (an aborted look-alike costs one needless export,
never a lost row).

A write transaction that stays open holds H back: what committed after it began would look `changed` at every
look. While nothing else is new, such a partition is `unsettled`: once that transaction has ended, H passes the
newest row, the partition is `changed`, and one more export settles it.
"""

from dataclasses import dataclass
from enum import StrEnum

from export_pipeline.changes.scan import Tally
from export_pipeline.extract.snapshot import SnapshotIdentity
from export_pipeline.write.manifest import Manifest

_XID_HALF_RANGE = 2**31


class State(StrEnum):
    """Whether a partition has to be exported again."""

    IN_SYNC = "in_sync"
    MISSING = "missing"
    CHANGED = "changed"
    UNSETTLED = "unsettled"
    """As published, as far as can be seen; an open transaction may still commit older rows."""
    UNKNOWN = "unknown"
    """The source does not show what changed: as many rows as published."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one partition, and why."""

    state: State
    reason: str

    @property
    def needs_export(self) -> bool:
        """Whether the partition differs from its source, or nobody can tell."""
        return self.state not in {State.IN_SYNC, State.UNSETTLED}


def judge(manifest: Manifest | None, tally: Tally, identity: SnapshotIdentity, fingerprint: str) -> Verdict:
    """Compare one partition's manifest with a look at the source.

    `fingerprint` is that of the dataset's declaration today.
    """
    if manifest is None:
        return Verdict(State.MISSING, "never published")
    for reason in (
        another_history(manifest, identity),
        _declared_anew(manifest, fingerprint),
        _another_count(manifest, tally),
    ):
        if reason:
            return Verdict(State.CHANGED, reason)
    return _judge_newest(manifest, tally, identity)


def another_history(manifest: Manifest, identity: SnapshotIdentity) -> str | None:
    """Return why the transactions of then and now cannot be compared; None where they can."""
    published = manifest.snapshot
    if (published.system_identifier, published.timeline) != (identity.system_identifier, identity.timeline):
        return "the source is another server, or was restored or promoted"
    if published.xmin > identity.xmax:
        return "the source was rewound behind the published snapshot"
    if identity.xmax - published.xmin >= _XID_HALF_RANGE:
        return "the published snapshot is too old to compare with"
    return None


def _declared_anew(manifest: Manifest, fingerprint: str) -> str | None:
    return None if manifest.declaration_fingerprint == fingerprint else "the dataset's declaration changed"


def _another_count(manifest: Manifest, tally: Tally) -> str | None:
    if tally.rows == manifest.source_count:
        return None
    return f"{tally.rows} rows in the source, {manifest.source_count} when published"


def _judge_newest(manifest: Manifest, tally: Tally, identity: SnapshotIdentity) -> Verdict:
    """Judge a partition with as many rows as published."""
    if tally.rows and tally.newest is None:
        return Verdict(State.UNKNOWN, "the source does not show which transactions wrote its rows")
    if tally.newest is None or tally.newest < manifest.snapshot.xmin:
        return Verdict(State.IN_SYNC, f"{tally.rows} rows, none newer than the published snapshot")
    if tally.newest == manifest.newest and identity.xmin <= tally.newest:
        return Verdict(State.UNSETTLED, "as published, but a transaction from before it is still open")
    return Verdict(State.CHANGED, "rows were written since it was published")
