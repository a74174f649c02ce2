from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.standardize_timestamps import INSTANT, StandardizeTimestamps

NAIVE_US = pa.timestamp("us")


def standardize(times: pa.Array, zone: str = "UTC") -> pa.Array:
    batch = pa.record_batch({"t": times})
    return StandardizeTimestamps(("t",), zone).apply(batch).column("t")


def read_times(*texts: str) -> pa.Array:
    return pa.array([datetime.fromisoformat(text) for text in texts], NAIVE_US)


def test_naive_utc_is_cast_without_a_copy() -> None:
    times = read_times("2024-05-01T12:00:00.123456")
    result = standardize(times)
    assert result.to_pylist() == [datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)]
    assert result.buffers()[1].address == times.buffers()[1].address


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_becomes_microseconds(unit: str) -> None:
    times = pa.array([datetime(2024, 5, 1, 12)], pa.timestamp(unit))  # noqa: DTZ001 - naive is the case
    assert standardize(times, "Europe/Berlin").to_pylist() == [datetime(2024, 5, 1, 10, tzinfo=UTC)]


def test_zoned_times_keep_their_instant_whatever_the_zone_parameter_says() -> None:
    times = pa.array([0, None], pa.timestamp("s", "America/New_York"))
    assert standardize(times, "Asia/Tokyo").cast(pa.int64()).to_pylist() == [0, None]


def test_time_that_is_there_twice_is_the_later_instant() -> None:
    instants = standardize(read_times("2024-10-27T02:30:00"), "Europe/Berlin")
    assert instants.to_pylist() == [datetime(2024, 10, 27, 1, 30, tzinfo=UTC)]


def test_time_that_is_skipped_is_the_last_instant_before_the_gap() -> None:
    instants = standardize(read_times("2024-03-31T02:00:00", "2024-03-31T02:59:59"), "Europe/Berlin")
    assert instants.to_pylist() == [datetime(2024, 3, 31, 0, 59, 59, 999999, tzinfo=UTC)] * 2


@given(
    time=st.datetimes(datetime(1950, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - naive is the case
    zone=st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"]),
)
def test_ordinary_times_agree_with_zoneinfo(time: datetime, zone: str) -> None:
    early, late = (time.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    instant = standardize(pa.array([time], NAIVE_US), zone)[0].as_py()
    if early <= late:  # a gap turns them round
        assert instant == late
    else:
        assert instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < time


def test_offsets_are_zones_too() -> None:
    assert standardize(read_times("2024-05-01T12:00:00"), "+05:30").to_pylist() == [
        datetime(2024, 5, 1, 6, 30, tzinfo=UTC)
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("year_us", [9_223_371_331_200_000_000 - 3 * 86_400_000_000, -210_866_803_200_000_000])
def test_years_beyond_pythons_range_survive(zone: str, year_us: int) -> None:
    result = standardize(pa.array([year_us], pa.int64()).cast(NAIVE_US), zone)
    difference_us = year_us - result.cast(pa.int64())[0].as_py()
    assert abs(difference_us) <= timedelta(hours=2) / timedelta(microseconds=1)


@pytest.mark.parametrize("end", [2**63 - 1, -(2**63)])
def test_time_at_the_end_of_the_range_is_refused_rather_than_wrapped(end: int) -> None:
    with pytest.raises(TransformError, match=r"column 't' .* too near the end"):
        standardize(pa.array([end, None], pa.int64()).cast(NAIVE_US), "America/New_York")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_lost_nanoseconds_are_an_error_that_names_the_column(zone: str) -> None:
    with pytest.raises(TransformError, match=r"standardize_timestamps: column 't' \(timestamp\[ns\]\)"):
        standardize(pa.array([1_001], pa.timestamp("ns")), zone)


def test_seconds_that_microseconds_cannot_hold_are_an_error() -> None:
    with pytest.raises(TransformError, match="cannot hold exactly"):
        standardize(pa.array([2 * 10**16], pa.timestamp("s")))


def test_unknown_zone_is_refused_before_any_batch() -> None:
    with pytest.raises(ConfigError, match="unknown time zone 'Europe/Atlantis'"):
        StandardizeTimestamps(("t",), "Europe/Atlantis").output_schema(pa.schema([("t", NAIVE_US)]))


def test_field_stays_required() -> None:
    schema = pa.schema([pa.field("t", NAIVE_US, nullable=False)])
    assert StandardizeTimestamps(("t",)).output_schema(schema).field("t") == pa.field("t", INSTANT, nullable=False)
