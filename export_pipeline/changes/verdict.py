"""Compares what is published with what the source holds, one partition at a time. Pure: no I/O.

A row version written by a transaction that ended before the manifest's horizon H (`snapshot.xmin`) was in
the file. If nothing in the partition is newer than H and the count is the same, the two sets of rows are
the same, provided that they are rows of the same span of time, lie in the same tables, and that these read them as they
did: a partition of the source may be detached and another one attached, whose rows are old, and an ALTER may give rows
other values without writing them. So `in_sync` is not wrong, as far as the server shows its changes: not those of a
function in a virtual column, nor of a composite type. `changed` may be (an aborted look-alike costs one needless
export, never a lost row).

Where the source does not show the transactions (a view, a foreign table, a grant on columns), a digest of the rows
takes their place; it differs whenever the rows do, but for one chance in 2^64.

A write transaction that stays open holds H back: what committed after it began would look `changed` at every
look. While nothing else is new, such a partition is `unsettled`: once that transaction has ended, H passes the
newest row, the partition is `changed`, and one more export settles it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from export_pipeline.extract.selection import Window
from export_pipeline.extract.snapshot import SnapshotIdentity
from export_pipeline.extract.tally import Tally
from export_pipeline.write.manifest import Manifest

_XID_HALF_RANGE = 2**31


class State(StrEnum):
    """Whether a partition has to be exported again."""

    IN_SYNC = "in_sync"
    MISSING = "missing"
    CHANGED = "changed"
    UNSETTLED = "unsettled"
    """As published, as far as can be seen; an open transaction may still commit older rows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one partition, and why."""

    state: State
    reason: str

    @property
    def needs_export(self) -> bool:
        """Whether the partition differs from its source."""
        return self.state not in {State.IN_SYNC, State.UNSETTLED}


def judge(
    manifest: Manifest | None, tally: Tally, identity: SnapshotIdentity, fingerprint: str, window: Window
) -> Verdict:
    """Compare one partition's manifest with a look at the source.

    `fingerprint` is that of the dataset's declaration today, `window` the span of time that the partition is today.
    """
    if manifest is None:
        return Verdict(State.MISSING, "never published")
    for reason in (
        another_history(manifest, identity),
        another_span(manifest, window),
        _declared_anew(manifest, fingerprint),
        _another_count(manifest, tally),
    ):
        if reason:
            return Verdict(State.CHANGED, reason)
    if not tally.rows:
        return Verdict(State.IN_SYNC, "no rows, as when published")
    return _judge_newest(manifest, tally, identity) if tally.digest is None else _judge_digest(manifest, tally.digest)


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


def another_span(manifest: Manifest, window: Window) -> str | None:
    """Return that the partition was another span of time when it was published; None where it was the same."""
    published = (manifest.selection.get("start"), manifest.selection.get("end"))
    if published == (_text(window.start), _text(window.end)):
        return None
    return "the partition was another span of time when it was exported"


def other_relations(manifest: Manifest, relations: Mapping[str, str]) -> str | None:
    """Return how the tables that hold rows (oid → layout) differ from those of the manifest; None where they do not."""
    if relations.keys() != manifest.relations.keys():
        return "its rows lie in other tables than when it was published"
    return None if relations == manifest.relations else "the table's columns were changed since it was published"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _declared_anew(manifest: Manifest, fingerprint: str) -> str | None:
    return None if manifest.declaration_fingerprint == fingerprint else "the dataset's declaration changed"


def _another_count(manifest: Manifest, tally: Tally) -> str | None:
    if tally.rows == manifest.source_count:
        return None
    return f"{tally.rows} rows in the source, {manifest.source_count} when published"


def _judge_newest(manifest: Manifest, tally: Tally, identity: SnapshotIdentity) -> Verdict:
    """Judge a partition with as many rows as published, whose writers are shown."""
    if reason := other_relations(manifest, tally.relations):
        return Verdict(State.CHANGED, reason)
    if tally.newest is not None and tally.newest < manifest.snapshot.xmin:
        return Verdict(State.IN_SYNC, f"{tally.rows} rows, none newer than the published snapshot")
    if tally.newest is not None and tally.newest == manifest.newest and identity.xmin <= tally.newest:
        return Verdict(State.UNSETTLED, "as published, but a transaction from before it is still open")
    return Verdict(State.CHANGED, "rows were written since it was published")


def _judge_digest(manifest: Manifest, digest: str) -> Verdict:
    """Judge a partition with as many rows as published, of a source that shows no transactions."""
    if manifest.digest is None:
        return Verdict(State.CHANGED, "it was published without a digest of its rows")
    if digest != manifest.digest:
        return Verdict(State.CHANGED, "the rows are others than when it was published")
    return Verdict(State.IN_SYNC, f"{manifest.source_count} rows, with the digest of those published")
