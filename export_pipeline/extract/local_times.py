"""Which times of a column without a zone are read as an instant or a later one.

Times are read as `standardize_timestamps` reads them: one that the zone has twice as the later instant, one that it
skips as the last instant before the gap. That never runs backwards, so each bound on instants is one on such times,
and the column's index serves it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - times without a zone are the subject
_MICROSECOND: Final = timedelta(microseconds=1)
_FARTHEST_US: Final = 2 * 86_400_000_000
"""No zone is, or jumps, farther from UTC."""

Microseconds = npt.NDArray[np.int64]


def spans_of(moments: Sequence[datetime], zone: str) -> list[tuple[int, int]]:
    """Return, for each of `moments` (aware), the times that are read as it: from the first, up to but without the last.

    Times are microseconds since 1970 on the clocks of `zone`. Where the zone has no such time, both are the next one.
    """
    wanted = [(moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // _MICROSECOND for moment in moments]
    first = _first_times(np.array(wanted, np.int64), zone)
    after = _first_times(np.array(wanted, np.int64) + 1, zone)
    return [(int(one), int(other)) for one, other in zip(first, after, strict=True)]


def _first_times(wanted: Microseconds, zone: str) -> Microseconds:
    """Return the first times that are read as the instants `wanted`, or as later ones."""
    first = _clocks(wanted, zone)
    odd = (_instants(first, zone) < wanted) | (_instants(first - 1, zone) >= wanted)
    first[odd] = _search(wanted[odd], zone)
    return first


def _search(wanted: Microseconds, zone: str) -> Microseconds:
    """Find the same where a zone's clocks jump: by halves, which is too slow for each of thousands."""
    low, high = wanted - _FARTHEST_US, wanted + _FARTHEST_US
    while np.any(low < high):
        middle = (low + high) // 2
        reached = _instants(middle, zone) >= wanted
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return low


def time_text(microseconds: int) -> str:
    """Return a time as PostgreSQL writes it; beyond the years 1 to 9999, where nothing is published, as infinity."""
    try:
        return (_EPOCH + microseconds * _MICROSECOND).isoformat(sep=" ", timespec="microseconds")
    except OverflowError:
        return "-infinity" if microseconds < 0 else "infinity"


def _instants(times: Microseconds, zone: str) -> Microseconds:
    naive = pa.array(times, pa.int64()).cast(pa.timestamp("us"))
    instants = pc.assume_timezone(naive, zone, ambiguous="latest", nonexistent="earliest")
    read: Microseconds = instants.cast(pa.int64()).to_numpy()
    return read


def _clocks(instants: Microseconds, zone: str) -> Microseconds:
    """Return what the clocks of `zone` show at `instants`."""
    zoned = pa.array(instants, pa.int64()).cast(pa.timestamp("us", zone))
    shown: Microseconds = pc.local_timestamp(zoned).cast(pa.int64()).to_numpy(zero_copy_only=False).copy()
    return shown
