"""What the server shows of a set of rows, by which a later look tells whether they are still the same.

Tables show the transactions that wrote their rows (`newest`) and which table of a tree holds them, read how
(`relations`).
Views, foreign tables and grants on columns show neither: there the server digests the rows themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows of one partition, and what shows whether they changed: `newest` with `relations`, or `digest`."""

    rows: int = 0
    newest: int | None = None
    """The 64-bit id of the newest transaction that wrote a row; None without rows or where there is a digest."""
    relations: Mapping[str, str] = field(default_factory=dict)
    """The tables that hold the rows, those below a partitioned parent or the table itself: oid → layout."""
    digest: str | None = None
    """The sum of the rows' 64-bit hashes, which is the same in any order; None where transactions are shown."""


class TalliedRows(NamedTuple):
    """What the server counted in one relation, as `query.tally_columns` orders it."""

    relation: int | None
    rows: int
    newest: int | None
    digest: str | None
    layout: str | None
    """How the server reads the relation's rows (`layout.py`); None without a relation."""


def add_up(parts: Iterable[TalliedRows]) -> Tally:
    """Return the tally of rows that lie in several relations."""
    found = list(parts)
    return Tally(
        rows=sum(part.rows for part in found),
        newest=max((part.newest for part in found if part.newest is not None), default=None),
        relations=relations_of((part.relation, part.layout) for part in found),
        digest=next((part.digest for part in found if part.digest is not None), None),
    )


def relations_of(parts: Iterable[tuple[int | None, str | None]]) -> dict[str, str]:
    """Return oid → layout of the relations that are shown, by oid."""
    shown = [(relation, layout or "") for relation, layout in parts if relation is not None]
    return {str(relation): layout for relation, layout in sorted(shown)}
