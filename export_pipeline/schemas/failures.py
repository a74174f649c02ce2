"""A capped sample of what validation found wrong: column, check, value, key. And the counts, which are not capped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_PER_CHECK = 10
_VALUE_CHARACTERS = 120
MASKED = "•••"
"""What stands in a sample for a value of a personal column."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One value that broke one rule. `key` identifies the row, `value` is cut to 120 characters."""

    column: str
    check: str
    value: str | None
    key: str


@dataclass(slots=True)
class FailureLog:
    """Counts every failure by column and check; keeps the first 10 of each as a sample."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    sample: list[Failure] = field(default_factory=list)

    def wanted(self, column: str, check: str) -> int:
        """Return how many more failures of this check the sample takes."""
        return max(0, _PER_CHECK - self.counts[column, check])

    def add(self, column: str, check: str, rows: int, examples: Sequence[tuple[object, str]]) -> None:
        """Count `rows` failures of one check; `examples` are up to `wanted` of them as (value, key)."""
        self.sample += [
            Failure(column, check, None if value is None else str(value)[:_VALUE_CHARACTERS], key)
            for value, key in examples
        ]
        self.counts[column, check] += rows

    def summary(self) -> str:
        """Return the failures in a line: column, check and rows, with a value and a key for each."""
        first = {(failure.column, failure.check): failure for failure in reversed(self.sample)}
        return "; ".join(
            f"column {column!r} breaks `{check}` in {rows} rows"
            + (f", for example {example.value!r} at {example.key}" if (example := first.get((column, check))) else "")
            for (column, check), rows in self.counts.most_common()
        )
