"""How far an export is: a value for whoever shows it (a log line, a progress bar), never a printer itself."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Rows written so far, of the rows that the snapshot holds.

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


OnProgress = Callable[[Progress], None]


def ignore_progress(_: Progress) -> None:
    """Show nothing."""
