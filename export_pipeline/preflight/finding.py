"""What one look at the installation found: the row of a table, nothing that prints itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How what was looked at is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"

    @property
    def mark(self) -> str:
        """The sign that tables show."""
        return {"ok": "✓", "warning": "!", "failed": "✗"}[self.value]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, what was found there and, where something is to be done, what."""

    subject: str
    state: State
    found: str
    next_step: str = ""


def ok(subject: str, found: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(subject, State.OK, found)


def warning(subject: str, found: str, next_step: str) -> Finding:
    """Return that something works, but not as well as it could."""
    return Finding(subject, State.WARNING, found, next_step)


def failed(subject: str, found: str, next_step: str) -> Finding:
    """Return that something does not work; somebody has to do `next_step`."""
    return Finding(subject, State.FAILED, found, next_step)


def not_looked_at(subject: str, reason: str) -> Finding:
    """Return that nothing is known, which is not the same as ok."""
    return Finding(subject, State.WARNING, f"not looked at: {reason}")


def is_sound(findings: Iterable[Finding]) -> bool:
    """Tell whether nothing of what was looked at has failed."""
    return all(finding.state is not State.FAILED for finding in findings)
