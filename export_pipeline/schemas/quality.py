"""Quality metrics of an export, each a share of 0 to 1 (or None where there was nothing to measure).

completeness  non-null share of the cells of required columns
validity      share of rows with no failure
consistency   share of rows that keep every cross-field rule
accuracy      share of non-null values inside their column's domain, range, pattern and custom checks
uniqueness    distinct keys ÷ rows
timeliness_s  seconds from the newest row's time to publication; not a share
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Quality:
    """The metrics above, with the rows they were taken from."""

    rows: int
    invalid_rows: int
    completeness: float | None
    validity: float | None
    consistency: float | None
    accuracy: float | None
    uniqueness: float | None
    timeliness_s: float | None


@dataclass(slots=True)
class QualityTally:
    """The counts behind the metrics, added up batch by batch."""

    rows: int = 0
    invalid_rows: int = 0
    required_cells: int = 0
    missing_cells: int = 0
    judged_values: int = 0
    bad_values: int = 0
    cross_field_rules: int = 0
    inconsistent_rows: int = 0
    surplus_keys: int | None = None
    """Rows more than distinct keys; None where nothing is known about the key."""
    newest: datetime | None = None

    def metrics(self, published_at: datetime) -> Quality:
        """Return the metrics as of `published_at` (aware)."""
        return Quality(
            rows=self.rows,
            invalid_rows=self.invalid_rows,
            completeness=_share(self.required_cells - self.missing_cells, self.required_cells),
            validity=_share(self.rows - self.invalid_rows, self.rows),
            consistency=_share(self.rows - self.inconsistent_rows, self.rows) if self.cross_field_rules else None,
            accuracy=_share(self.judged_values - self.bad_values, self.judged_values),
            uniqueness=None if self.surplus_keys is None else _share(self.rows - self.surplus_keys, self.rows),
            timeliness_s=(published_at - self.newest).total_seconds() if self.newest else None,
        )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
