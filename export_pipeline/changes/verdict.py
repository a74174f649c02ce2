"""Compares what is published with what the source holds, one partition at a time. Pure: no I/O.

A row version written by a transaction that ended before the manifest's horizon H (`snapshot.xmin`) was in
the file. If nothing in the partition is newer than H and the count is the same, the two sets of rows are
the same. So `in_sync` is never wrong; `changed` may be (an aborted look-alike costs one needless export,
never a lost row).
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one partition, and why."""

    state: State
    reason: str

    @property
    def needs_export(self) -> bool:
        """Whether the partition differs from its source."""
        return self.state is not State.IN_SYNC


def judge(manifest: Manifest | None, tally: Tally, identity: SnapshotIdentity, fingerprint: str) -> Verdict:
    """Compare one partition's manifest with a look at the source.

    `fingerprint` is that of the dataset's declaration today.
    """
    if manifest is None:
        return Verdict(State.MISSING, "never published")
    for reason in (
        _another_history(manifest, identity),
        _declared_anew(manifest, fingerprint),
        _other_rows(manifest, tally),
    ):
        if reason:
            return Verdict(State.CHANGED, reason)
    return Verdict(State.IN_SYNC, f"{tally.rows} rows, none newer than the published snapshot")


def _another_history(manifest: Manifest, identity: SnapshotIdentity) -> str | None:
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


def _other_rows(manifest: Manifest, tally: Tally) -> str | None:
    if tally.rows != manifest.source_count:
        return f"{tally.rows} rows in the source, {manifest.source_count} when published"
    if not tally.rows:
        return None
    if tally.newest is None:
        return "the source does not show which transactions wrote its rows"
    if tally.newest >= manifest.snapshot.xmin:
        return "rows were written since it was published"
    return None
