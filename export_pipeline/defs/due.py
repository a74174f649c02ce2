"""Which partitions are to be exported now, and why others wait. Pure: no I/O.

What differs is `changes/`; here it meets how often a partition may be asked for, what failed, and what is under way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from export_pipeline.changes.pending import Comparison
from export_pipeline.changes.verdict import State
from export_pipeline.defs.attempts import Failures
from export_pipeline.write.formats.format import Format

UNPROVEN_EVERY: Final = timedelta(hours=1)
"""How often a partition is exported of which the source does not show whether it changed."""

BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360))
"""How long a partition is left alone after one failure, after two …, and after all further ones."""


@dataclass(frozen=True, slots=True)
class Due:
    """A partition to export now: the whole of it, or only `formats` made of its Parquet file."""

    key: str
    reason: str
    formats: tuple[Format, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found out, from the source and from the run storage."""

    found: Comparison
    open_key: str
    under_way: frozenset[str]
    failures: Mapping[str, Failures]
    now: datetime
    open_every: timedelta
    """How often the open partition is refreshed at most."""


def sort_out(look: Look) -> tuple[Sequence[Due], Mapping[str, str]]:
    """Return what is due, oldest first, and why each of the others that differ is not asked for."""
    due, waiting = [], {}
    for key, verdict in look.found.verdicts.items():
        if not _differs(look.found, key):
            continue
        if why := _why_not_now(look, key):
            waiting[key] = why
        else:
            due.append(Due(key, verdict.reason, look.found.stale_formats.get(key, ())))
    return due, waiting


def _differs(found: Comparison, key: str) -> bool:
    """Leave an empty partition that was never published to the schedule."""
    verdict = found.verdicts[key]
    if verdict.state is State.MISSING and key not in found.published_at:
        return found.scan.partitions[key].rows > 0
    return verdict.needs_export or verdict.state is State.UNSETTLED


def _why_not_now(look: Look, key: str) -> str | None:
    if key in look.under_way:
        return "a run is queued or under way"
    if (failed := look.failures.get(key)) and (again := _asked_again_at(failed)) > look.now:
        times = "once" if failed.count == 1 else f"{failed.count} times in a row"
        return f"failed {times}, is asked for again after {again:%Y-%m-%d %H:%M} UTC"
    if (refresh := _refreshed_at(look, key)) and refresh > look.now:
        return f"was published lately, is refreshed after {refresh:%H:%M} UTC"
    return None


def _asked_again_at(failed: Failures) -> datetime:
    return failed.last + BACK_OFF[min(failed.count, len(BACK_OFF)) - 1]


def _refreshed_at(look: Look, key: str) -> datetime | None:
    """Return before when a published partition is left alone; None where a difference is acted on at once."""
    published_at = look.found.published_at.get(key)
    if published_at is None or key in look.found.stale_formats:
        return None
    if look.found.verdicts[key].state is State.UNSETTLED:
        return published_at + UNPROVEN_EVERY
    return published_at + look.open_every if key == look.open_key else None
