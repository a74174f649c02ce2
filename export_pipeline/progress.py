"""How far an export is: a value for whoever shows it (a log line, a progress bar), never a printer itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

EVERY_S: Final = 3.0
"""Seconds from one line of progress to the next; an export that takes less has none."""

_STEPS: Final = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """Rows written or set aside so far, of the rows that the snapshot holds.

    The total is counted in the snapshot that is read, so the share only grows and ends at exactly 1.
    """

    dataset: str
    format_name: str
    partition: str
    rows: int
    total_rows: int
    batches: int
    seconds: float

    @property
    def share(self) -> float:
        """Share of the rows done, 0 to 1; an empty partition is done at once."""
        return min(1.0, self.rows / self.total_rows) if self.total_rows else 1.0

    @property
    def rows_per_s(self) -> float:
        """Rows a second since the export began."""
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def expected_batches(self) -> int:
        """About how many batches there will be, judged by those there were."""
        return max(self.batches, round(self.batches / self.share)) if self.rows else self.batches

    @property
    def remaining_s(self) -> float | None:
        """Seconds to go at this pace; None before the first row."""
        return (self.total_rows - self.rows) / self.rows_per_s if self.rows_per_s else None

    def __str__(self) -> str:
        eta = "unknown" if self.remaining_s is None else f"{self.remaining_s:.0f} s"
        return (
            f"{self.dataset} {self.partition} {self.format_name}: batch {self.batches} of about "
            f"{self.expected_batches}, {self.rows:,} of {self.total_rows:,} rows ({self.share:.0%}), "
            f"{self.rows_per_s:,.0f} rows/s, {eta} to go"
        )


class Cadence:
    """Says when the progress of one attempt is due to be shown, as a line and as an event."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._last_s = 0.0
        self._last_rows = 0
        self._step = 0

    def line_is_due(self, progress: Progress) -> bool:
        """Every few seconds, and once at the end of an export that took longer than that."""
        if progress.seconds < self._every_s:
            return False
        is_last = progress.rows == progress.total_rows > self._last_rows
        if not is_last and progress.seconds - self._last_s < self._every_s:
            return False
        self._last_s, self._last_rows = progress.seconds, progress.rows
        return True

    def event_is_due(self, progress: Progress) -> bool:
        """At each tenth of the rows, once an export has taken longer than that: ten times at most."""
        step = int(progress.share * _STEPS)
        if progress.seconds < self._every_s or step <= self._step:
            return False
        self._step = step
        return True


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """Show nothing."""
