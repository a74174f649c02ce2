"""Rows are counted into the right hour, minute and value, whatever the batches; the rest is left alone."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.selection import Window
from export_pipeline.row_counts import MOST_VALUES, RowCounts, Timeline, ValueCounts

LOGS = DATASETS["logs"]
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
DAY = Window(MIDNIGHT, MIDNIGHT + timedelta(days=1))
HOUR = Window(MIDNIGHT, MIDNIGHT + timedelta(hours=1))
UTC_MICROSECONDS = pa.timestamp("us", "UTC")


def batch(moments: list[datetime | None], kind: pa.DataType = UTC_MICROSECONDS) -> pa.RecordBatch:
    levels = pa.nulls(len(moments), pa.string())
    return pa.RecordBatch.from_pydict({"timestamp": pa.array(moments, kind), "log_level": levels})


def timeline(window: Window) -> Timeline:
    counted = Timeline.over("timestamp", window)
    assert counted is not None
    return counted


@given(st.lists(st.lists(st.integers(0, 86_400_000_000 - 1), max_size=20), max_size=5))
def test_each_row_counts_in_its_hour(batches: list[list[int]]) -> None:
    counted = timeline(DAY)
    for moments in batches:
        counted.add(batch([MIDNIGHT + timedelta(microseconds=moment) for moment in moments]))
    expected = Counter(moment // 3_600_000_000 for moments in batches for moment in moments)
    assert [int(rows) for rows in counted.rows] == [expected[hour] for hour in range(24)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("before_1970", [False, True])
def test_minutes_are_told_apart_in_every_unit_of_time(unit: str, before_1970: bool) -> None:  # noqa: FBT001 - a case
    start = MIDNIGHT.replace(year=1965) if before_1970 else MIDNIGHT
    counted = timeline(Window(start, start + timedelta(hours=1)))
    moments = [start, start + timedelta(seconds=59), start + timedelta(minutes=59, seconds=59)]
    counted.add(batch(list(moments), pa.timestamp(unit, "UTC")))
    assert (counted.rows[0], counted.rows[59], counted.rows.sum()) == (2, 1, 3)


@pytest.mark.parametrize("hours", [23, 25])
def test_a_day_of_another_length_has_a_bar_for_each_of_its_hours(hours: int) -> None:
    assert len(timeline(Window(MIDNIGHT, MIDNIGHT + timedelta(hours=hours))).rows) == hours


def test_no_time_and_a_time_outside_are_in_no_bin() -> None:
    counted = timeline(HOUR)
    counted.add(batch([None, MIDNIGHT - timedelta(microseconds=1), MIDNIGHT + timedelta(hours=1), MIDNIGHT]))
    assert counted.rows.sum() == 1


@pytest.mark.parametrize(
    "window", [Window(), Window(MIDNIGHT), Window(MIDNIGHT, MIDNIGHT), Window(MIDNIGHT, MIDNIGHT + timedelta(days=4))]
)
def test_a_span_that_is_open_empty_or_long_has_no_timeline(window: Window) -> None:
    assert Timeline.over("timestamp", window) is None


@given(st.lists(st.lists(st.sampled_from(["INFO", "", "other", "NULL", None]), max_size=20), max_size=5))
def test_values_are_counted_with_null_by_itself(batches: list[list[str | None]]) -> None:
    counted = ValueCounts("log_level")
    for values in batches:
        counted.add(pa.RecordBatch.from_pydict({"log_level": pa.array(values, pa.string())}))
    assert counted.rows == Counter(value for values in batches for value in values)


def test_a_column_of_many_values_is_counted_in_bounded_memory() -> None:
    counted = ValueCounts("log_level")
    for start in range(0, 5_000, 500):
        counted.add(pa.RecordBatch.from_pydict({"log_level": [str(n) for n in range(start, start + 500)]}))
    assert len(counted.rows) == MOST_VALUES
    assert counted.rows.total() + counted.other == 5_000


def test_only_times_with_a_zone_are_put_on_a_timeline() -> None:
    naive = batch([], pa.timestamp("us")).schema
    assert RowCounts.of(LOGS, naive, DAY).timeline is None
    assert RowCounts.of(LOGS, batch([], pa.string()).schema, DAY).timeline is None
    assert RowCounts.of(LOGS, batch([]).schema, DAY).timeline is not None


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.float64(), pa.month_day_nano_interval()])
def test_what_has_no_few_plain_values_is_not_counted_by_value(kind: pa.DataType) -> None:
    schema = batch([]).schema
    assert RowCounts.of(LOGS, schema, DAY).values is not None
    other = schema.set(1, pa.field("log_level", kind))
    assert RowCounts.of(LOGS, other, DAY).values is None


def test_a_personal_column_is_never_counted_by_value() -> None:
    personal = tuple(replace(one, personal=one.name == "log_level") for one in LOGS.columns)
    assert RowCounts.of(replace(LOGS, columns=personal), batch([]).schema, DAY).values is None
