"""What to read: a table, its columns, a window of time. Values only; `query.py` turns them into SQL."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import pyarrow as pa

from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.pg_types import PgType, resolve
from export_pipeline.filters.condition import Filter

TIME_TYPES = ("timestamp", "timestamptz", "date")


class SpecialTimes(StrEnum):
    """What to do with ±infinity and times outside the years 1 to 9999, which most readers cannot hold."""

    FAIL = "fail"
    NULL = "null"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time, `start <= t < end`, in aware datetimes; None leaves a side open."""

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for side in (self.start, self.end):
            if side is not None and side.tzinfo is None:
                raise ConfigError(f"time {side.isoformat()} has no zone; add one, for example {side.isoformat()}+00:00")
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ConfigError(
                f"start {self.start.isoformat()} lies after end {self.end.isoformat()}; "
                "the window is start <= t < end, so swap them"
            )


@dataclass(frozen=True, slots=True)
class SelectedColumn:
    """One column: `source_name` in the table, `name` in the export, `pg_type` as `pg_types.resolve` reads it."""

    name: str
    source_name: str
    pg_type: str

    @property
    def travels(self) -> PgType:
        """How the column's type is selected and what it becomes in Arrow."""
        return resolve(self.pg_type)

    @property
    def is_time(self) -> bool:
        """Whether the column may hold ±infinity or a year no reader takes."""
        return bool(pa.types.is_temporal(self.travels.arrow))


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """The column that places a row in time, and the zone of its values where they carry none."""

    source_name: str
    pg_type: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if self.pg_type not in TIME_TYPES:
            raise ConfigError(
                f"time column {self.source_name!r} is declared as {self.pg_type!r}; use one of {', '.join(TIME_TYPES)}"
            )

    def bound(self, moment: datetime) -> str:
        """Return `moment` as the text of a literal that compares with this column, to the microsecond."""
        if self.pg_type == "timestamptz":
            return moment.isoformat(sep=" ", timespec="microseconds")
        local = moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return local.isoformat(sep=" ", timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Join:
    """The row of another table beside each row: that one whose `key` equals our `own`, both as named in their tables.

    `columns` are published under their `name`, which must be free in the selection.
    """

    table: TableName
    key: str
    own: str
    columns: tuple[SelectedColumn, ...]

    @property
    def selection(self) -> "Selection":
        """The other table by itself, whole."""
        return Selection(self.table, self.columns, time=None, key=self._key)

    @property
    def _key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.source_name == self.key)


@dataclass(frozen=True, slots=True)
class Selection:
    """Everything one export reads: rows of one table, with those of the tables joined to it.

    `time` is None, and `key` empty, for a table that has none; window, predicate and limit are about `table` alone.
    """

    table: TableName
    columns: tuple[SelectedColumn, ...]
    time: TimeColumn | None
    key: tuple[str, ...]
    window: Window = Window()
    special_times: SpecialTimes = SpecialTimes.FAIL
    predicate: Filter | None = None
    """Which rows of the window are read; None for all."""
    is_tracked: bool = True
    """Whether later looks compare its rows with what is published; otherwise they are only counted."""
    limit: int | None = None
    """How many rows are read at most; None for all."""
    joins: tuple[Join, ...] = ()

    @property
    def placing_time(self) -> TimeColumn:
        """The column that places rows in time. Raises: ConfigError where there is none."""
        if self.time is None:
            times = [column.source_name for column in self.columns if column.pg_type in TIME_TYPES]
            there = f"name one with time_column, it has {', '.join(times)}" if times else "and no column of times"
            raise ConfigError(f"table {self.table} has no time column; {there}")
        return self.time

    @property
    def zone(self) -> str:
        """The zone of the times that carry none."""
        return self.time.zone if self.time else "UTC"

    @property
    def read_columns(self) -> tuple[SelectedColumn, ...]:
        """The columns of every batch: the table's own, then those of the joined tables."""
        return (*self.columns, *(column for join in self.joins for column in join.columns))

    def arrow_type(self, column: SelectedColumn) -> pa.DataType:
        """Return the Arrow type of `column` under this selection's policy for special times."""
        if column.is_time and self.special_times is SpecialTimes.TEXT:
            return pa.string()
        return column.travels.arrow

    @property
    def arrow_schema(self) -> pa.Schema:
        """The schema of every batch that `reader.read_batches` yields for this selection."""
        return pa.schema([pa.field(column.name, self.arrow_type(column)) for column in self.read_columns])
