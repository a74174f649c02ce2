"""Which times of a column without a zone are read as an instant."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.extract.local_times import spans_of, time_text
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(times: list[int], zone: str) -> list[int]:
    """Read times as the transform does."""
    batch = pa.RecordBatch.from_arrays([pa.array(times, pa.timestamp("us"))], names=["at"])
    instants: list[int] = StandardizeTimestamps(("at",), zone).apply(batch).column("at").cast(pa.int64()).to_pylist()
    return instants


@given(moment=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), zone=st.sampled_from(ZONES))  # noqa: DTZ001 - UTC is added
def test_a_span_holds_just_the_times_that_are_read_as_the_instant(moment: datetime, zone: str) -> None:
    wanted = (moment.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    ((first, after),) = spans_of([moment.replace(tzinfo=UTC)], zone)
    before_it, at_first, last, behind_it = read([first - 1, first, after - 1, after], zone)
    assert before_it < wanted < behind_it
    assert at_first >= wanted >= last
    assert (at_first == last == wanted) == (first < after)


@pytest.mark.parametrize(
    ("instant", "first", "after"),
    [
        ("2026-07-01T00:00", "2026-07-01 02:00:00.000000", "2026-07-01 02:00:00.000001"),
        ("2026-10-25T00:30", "2026-10-25 02:00:00.000000", "2026-10-25 02:00:00.000000"),  # the hour's first time round
        ("2026-10-25T01:30", "2026-10-25 02:30:00.000000", "2026-10-25 02:30:00.000001"),
        ("2026-03-29T01:00", "2026-03-29 03:00:00.000000", "2026-03-29 03:00:00.000001"),
        ("2026-03-29T00:59:59.999999", "2026-03-29 01:59:59.999999", "2026-03-29 03:00:00.000000"),  # with the gap
    ],
)
def test_berlins_clocks(instant: str, first: str, after: str) -> None:
    (span,) = spans_of([datetime.fromisoformat(f"{instant}Z")], "Europe/Berlin")
    assert tuple(map(time_text, span)) == (first, after)


def test_what_no_year_holds_is_infinity() -> None:
    (low,) = spans_of([datetime(1, 1, 1, tzinfo=UTC)], "America/New_York")
    (high,) = spans_of([datetime(9999, 12, 31, 23, tzinfo=UTC)], "Asia/Kathmandu")
    assert (time_text(low[0]), time_text(high[0])) == ("-infinity", "infinity")
