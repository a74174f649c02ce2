"""One look at the installation's health: a finding for people, and the figures behind it to plot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from export_pipeline.errors import ExportError
from export_pipeline.preflight.bounded import of_error, within
from export_pipeline.preflight.finding import Finding, State, failed

Figure = int | float

LONGEST_S: Final = 60.0
_MOST_CHARACTERS = 300
_UNITS = (("day", 86_400), ("h", 3600), ("min", 60))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found; the names of `figures` end in their unit (`_s`, `_bytes`) or are counts."""

    finding: Finding
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Something to look at; `look` may raise whatever it likes."""

    subject: str
    look: Callable[[], Reading]
    next_step: str
    """What to do when it cannot be looked at."""


def take_readings(parts: Sequence[Part]) -> list[Reading]:
    """Look at every part: what goes wrong with one is its finding, and keeps nobody from the next."""
    return [_take(part) for part in parts]


def fault(subject: str, error: Exception, next_step: str) -> Reading:
    """Return what an error says of `subject`; `next_step` is for one that is not ours, which tells none itself."""
    if isinstance(error, ExportError):
        return Reading(of_error(subject, error))
    said = f"cannot be looked at: {type(error).__name__}: {first_line(str(error))}"
    return Reading(failed(subject, said, next_step))


def graded(age_s: float, warn_s: float, fail_s: float) -> State:
    """Return how bad an age is."""
    if age_s > fail_s:
        return State.FAILED
    return State.WARNING if age_s > warn_s else State.OK


def in_words(seconds: float) -> str:
    """Return a span of time in its largest unit, rounded down: `41 s`, `5 min`, `3 h`, `2 days`."""
    for unit, length in _UNITS:
        if (count := int(seconds // length)) > 0:
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return f"{max(0, int(seconds))} s"


def first_line(text: str) -> str:
    """Return the first line of a message, cut where it is endless."""
    line = next(iter(text.strip().splitlines()), "no message")
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"


def _take(part: Part) -> Reading:
    try:
        return within(LONGEST_S, part.look)
    except Exception as error:  # noqa: BLE001 - a report that ends in the middle helps nobody
        return fault(part.subject, error, part.next_step)
