"""Which snapshot of the source a file shows, and which of two snapshots is newer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SnapshotOrder(StrEnum):
    """How a snapshot stands to the one that is published."""

    NEWER = "newer"
    EQUAL = "equal"
    OLDER = "older"
    REBASE = "rebase"
    """Of another server, or of another timeline of it: their transaction ids cannot be compared."""


@dataclass(frozen=True, slots=True)
class SnapshotId:
    """A snapshot's identity: `xmin` and `xmax` are 64-bit transaction ids, `taken_at` is aware.

    `system_identifier` is a 64-bit number as text: JSON readers round it otherwise.
    """

    xmin: int
    xmax: int
    taken_at: datetime
    system_identifier: str
    timeline: int

    def compared_to(self, published: "SnapshotId") -> SnapshotOrder:
        """Return how this snapshot stands to `published`. An older one must not replace it; a rebase may."""
        if (self.system_identifier, self.timeline) != (published.system_identifier, published.timeline):
            return SnapshotOrder.REBASE
        ours, theirs = (self.xmax, self.xmin), (published.xmax, published.xmin)
        if ours == theirs:
            return SnapshotOrder.EQUAL
        return SnapshotOrder.NEWER if ours > theirs else SnapshotOrder.OLDER
