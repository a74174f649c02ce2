"""How the rows of one export spread: over its span of time, and over the values of one column.

Counted batch by batch while the rows stream, for the charts that the UI shows. How they are drawn is the business of
`defs/charts.py`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.extract.selection import Window

MOST_VALUES: Final = 1_000
"""Distinct values that are told apart; those first met later add up in `other`."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_MINUTES_UP_TO: Final = timedelta(hours=2)
_HOURS_UP_TO: Final = timedelta(days=3)
_PER_SECOND: Final[Mapping[str, int]] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


@dataclass(slots=True)
class Timeline:
    """Rows per hour, or per minute where the span is short; the last bin may be a part of one."""

    column: str
    start: datetime
    width: timedelta
    rows: npt.NDArray[np.int64]

    @classmethod
    def over(cls, column: str, window: Window) -> "Timeline | None":
        """Return an empty one; None where the window is open, empty, or longer than three days."""
        if window.start is None or window.end is None:
            return None
        span = window.end - window.start
        if not timedelta(0) < span <= _HOURS_UP_TO:
            return None
        width = _MINUTE if span <= _MINUTES_UP_TO else _HOUR
        return cls(column, window.start, width, np.zeros(-(-span // width), np.int64))

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of `batch`, whose time column must be a timestamp with a zone; NULL is in no bin."""
        times = batch.column(self.column)
        if times.null_count:
            times = times.drop_null()
        unit = _PER_SECOND[times.type.unit]
        moments = times.view(pa.int64()).to_numpy(zero_copy_only=False)
        start = (self.start - _EPOCH) // _MICROSECOND * unit // 10**6
        bins = (moments - start) // (self.width // _MICROSECOND * unit // 10**6)
        # What lies outside can only come from a file that was published under another zone.
        inside = bins[bins.view(np.uint64) < len(self.rows)]
        self.rows += np.bincount(inside, minlength=len(self.rows))


@dataclass(slots=True)
class ValueCounts:
    """Rows per value of `column`; `None` stands for NULL."""

    column: str
    rows: Counter[object] = field(default_factory=Counter)
    other: int = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of `batch`."""
        counted = pc.value_counts(batch.column(self.column))
        values, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
        for value, rows in zip(values, counts, strict=True):
            if value in self.rows or len(self.rows) < MOST_VALUES:
                self.rows[value] += rows
            else:
                self.other += rows


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Both of them, as far as the dataset and the window allow."""

    timeline: Timeline | None = None
    values: ValueCounts | None = None

    @classmethod
    def of(cls, dataset: Dataset, schema: pa.Schema, window: Window) -> "RowCounts":
        """Return empty counts of rows in `schema`.

        By value only text, whole numbers and booleans are counted, and never a personal column's.
        """
        timeline = values = None
        if dataset.time_column and _is_instant(schema, dataset.time_column):
            timeline = Timeline.over(dataset.time_column, window)
        if dataset.chart_by and _is_countable(schema, dataset.chart_by, dataset.personal_columns):
            values = ValueCounts(dataset.chart_by)
        return cls(timeline, values)

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of `batch`."""
        if self.timeline:
            self.timeline.add(batch)
        if self.values:
            self.values.add(batch)


def _is_instant(schema: pa.Schema, name: str) -> bool:
    index = schema.get_field_index(name)
    return index >= 0 and getattr(schema.field(index).type, "tz", None) is not None


def _is_countable(schema: pa.Schema, name: str, personal: frozenset[str]) -> bool:
    index = schema.get_field_index(name)
    if index < 0 or name in personal:
        return False
    kind = schema.field(index).type
    return bool(pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))
