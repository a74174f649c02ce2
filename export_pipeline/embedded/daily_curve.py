"""When things happen in the sample: moments over whole UTC days, busier by day than by night.

A position between 0 and 1 maps to the moment before which that share of all events happens. So equally spaced
positions give rows in time order with the right density, a chunk at a time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# Events per hour of a UTC day, relative to one another.
_HOURLY = (3, 2, 2, 2, 2, 3, 5, 8, 12, 14, 15, 14, 13, 14, 15, 15, 14, 12, 10, 9, 8, 7, 5, 4)
_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US

Micros = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DailyCurve:
    """The `days` UTC days that end with `last_day`, inclusive; moments are microseconds since 1970."""

    last_day: date
    days: int

    @property
    def start_us(self) -> int:
        """The first microsecond of the first day."""
        first = datetime(self.last_day.year, self.last_day.month, self.last_day.day, tzinfo=UTC)
        since_1970 = first - timedelta(days=self.days - 1) - datetime(1970, 1, 1, tzinfo=UTC)
        return since_1970 // timedelta(microseconds=1)

    @property
    def end_us(self) -> int:
        """The last microsecond of the last day."""
        return self.start_us + self.days * _DAY_US - 1

    def place(self, positions: npt.NDArray[np.float64]) -> Micros:
        """Return the moments of `positions`, each from 0 to 1, in the order given."""
        reached = np.concatenate([[0.0], np.cumsum(np.tile(_HOURLY, self.days))])
        hours = np.arange(reached.size) * float(_HOUR_US)
        offsets = np.interp(positions * reached[-1], reached, hours).astype(np.int64)
        moments: Micros = np.clip(self.start_us + offsets, self.start_us, self.end_us)
        return moments

    def spread(self, rng: np.random.Generator, first: int, row_count: int, total: int) -> Micros:
        """Return the ascending moments of rows `first` to `first + row_count - 1` of `total` rows in all."""
        return self.place((first + np.arange(row_count) + rng.random(row_count)) / total)


def to_timestamps(micros: Micros) -> pa.Array:
    """Return microseconds since 1970 as naive Arrow timestamps."""
    return pa.array(micros).view(pa.timestamp("us"))
