"""Figures over many exports: how many, how large, how long, of what."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from export_pipeline.defs.exports.record import ExportRecord, Status


@dataclass(frozen=True, slots=True)
class Sums:
    """So many exports that succeeded (deleted ones included), with all their rows and bytes."""

    exports: int
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Stats:
    """`stored_bytes` are those of exports not deleted yet; `mean_seconds` is over those that succeeded, None for none.

    An export of several datasets counts for each of them, with all its rows.
    """

    exports: int
    by_status: dict[str, int]
    total: Sums
    mean_seconds: float | None
    stored_bytes: int
    by_dataset: dict[str, Sums]
    by_format: dict[str, Sums]
    last_7_days: dict[str, int]
    """Exports by the day (UTC) on which they were asked for, oldest first."""

    def as_json(self) -> dict[str, Any]:
        """Return what `json` can write."""
        return asdict(self)


def stats_of(records: Iterable[ExportRecord], now: datetime) -> Stats:
    """Return the figures over `records`; `now` (aware, UTC) ends the last seven days."""
    found = list(records)
    succeeded = [one for one in found if one.status is Status.SUCCEEDED or (one.status is Status.DELETED and one.files)]
    durations = [one.seconds for one in succeeded if one.seconds is not None]
    days = [(now - timedelta(days=back)).date().isoformat() for back in reversed(range(7))]
    asked = Counter(one.created_at.date().isoformat() for one in found)
    statuses = Counter(one.status for one in found)
    return Stats(
        exports=len(found),
        by_status={str(status): statuses[status] for status in Status},
        total=_sums(succeeded),
        mean_seconds=sum(durations) / len(durations) if durations else None,
        stored_bytes=_sums([one for one in succeeded if one.status is Status.SUCCEEDED and not one.output]).bytes,
        by_dataset=_grouped((name, one) for one in succeeded for name in one.datasets),
        by_format=_grouped((one.format or "unknown", one) for one in succeeded),
        last_7_days={day: asked[day] for day in days},
    )


def _grouped(named: Iterable[tuple[str, ExportRecord]]) -> dict[str, Sums]:
    groups: dict[str, list[ExportRecord]] = {}
    for name, record in named:
        groups.setdefault(name, []).append(record)
    return {name: _sums(groups[name]) for name in sorted(groups)}


def _sums(records: Sequence[ExportRecord]) -> Sums:
    return Sums(len(records), sum(one.rows or 0 for one in records), sum(one.bytes or 0 for one in records))
