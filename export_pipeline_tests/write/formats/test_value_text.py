from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.write.formats import value_text

Separator = Literal["T", " "]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01 00:00:00.000000"),
        (-1, "1969-12-31 23:59:59.999999"),
        (1_795_150_800_123_456, "2026-11-20 05:00:00.123456"),
        (-62_135_596_800_000_000, "0001-01-01 00:00:00.000000"),
        (253_402_300_799_999_999, "9999-12-31 23:59:59.999999"),
        (253_402_300_800_000_000, "10000-01-01 00:00:00.000000"),
        (-62_135_596_800_000_001, "0001-12-31 23:59:59.999999 BC"),
        (-210_866_803_200_000_000, "4714-11-24 00:00:00.000000 BC"),
        (9_214_646_399_999_999 * 1_000, "293970-07-09 23:59:59.999000"),
    ],
)
def test_times_are_exact_in_every_year(micros: int, text: str) -> None:
    naive = pa.array([micros, None], pa.timestamp("us"))
    zoned = pa.array([micros, None], pa.timestamp("us", "America/New_York"))
    day, clock, *era = text.split(" ")
    assert value_text.timestamp_text(naive, " ").to_pylist() == [text, None]
    assert value_text.timestamp_text(naive, "T").to_pylist() == [" ".join([f"{day}T{clock}", *era]), None]
    assert value_text.timestamp_text(zoned, "T").to_pylist() == [" ".join([f"{day}T{clock}Z", *era]), None]


@pytest.mark.parametrize(
    ("unit", "text"),
    [("s", "1970-01-01 00:00:01Z"), ("ms", "1970-01-01 00:00:00.001Z"), ("ns", "1970-01-01 00:00:00.000000001Z")],
)
def test_times_of_other_units_keep_their_digits(unit: str, text: str) -> None:
    assert value_text.timestamp_text(pa.array([1], pa.timestamp(unit, "UTC")), " ").to_pylist() == [text]


@given(st.lists(st.none() | st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)))
def test_iso_times_read_back_as_the_same_instant(micros: list[int | None]) -> None:
    text = value_text.timestamp_text(pa.array(micros, pa.timestamp("us", "UTC")), "T").to_pylist()
    assert [value and (datetime.fromisoformat(value) - EPOCH) // MICRO for value in text] == micros


@given(
    st.lists(st.none() | st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)),
    st.sampled_from(get_args(Separator)),
)
def test_a_time_reads_the_same_beside_one_of_another_era(micros: list[int | None], separator: Separator) -> None:
    type_, ancient = pa.timestamp("us", "UTC"), -210_866_803_200_000_000
    beside = value_text.timestamp_text(pa.array([*micros, ancient], type_), separator)
    assert beside[:-1].to_pylist() == value_text.timestamp_text(pa.array(micros, type_), separator).to_pylist()


@given(st.lists(st.none() | st.dates()))
def test_a_date_reads_the_same_beside_one_of_another_era(dates: list[date | None]) -> None:
    days = pa.array(dates, pa.date32()).cast(pa.int32()).to_pylist()
    beside = value_text.date_text(pa.array([*days, -800_000], pa.int32()).cast(pa.date32()))
    assert beside[:-1].to_pylist() == value_text.date_text(pa.array(dates, pa.date32())).to_pylist()


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "1970-01-01"), (-719_162, "0001-01-01"), (-719_163, "0001-12-31 BC"), (2_932_897, "10000-01-01")],
)
def test_dates_are_exact_in_every_year(days: int, text: str) -> None:
    column = pa.array([days, None], pa.date32())
    assert value_text.date_text(column).to_pylist() == [text, None]
    assert value_text.is_all_iso(column) == (len(text) == len("1970-01-01"))


def test_no_date_is_iso() -> None:
    assert value_text.is_all_iso(pa.array([None, date(2026, 11, 20)], pa.date32()))
    assert value_text.is_all_iso(pa.array([], pa.date32()))


@pytest.mark.parametrize(
    ("numbers", "type_", "texts"),
    [
        (["1.10", "-0.01", None], pa.decimal128(5, 2), ["1.10", "-0.01", None]),
        (["0E-38", "1E-38"], pa.decimal128(38, 38), ["0." + "0" * 38, "0." + "0" * 37 + "1"]),
        (["9" * 38], pa.decimal128(38, 0), ["9" * 38]),
        (["1200", "-99900"], pa.decimal128(3, -2), ["1200", "-99900"]),
    ],
)
def test_decimals_keep_every_digit_and_have_no_exponent(
    numbers: list[str | None], type_: pa.DataType, texts: list[str | None]
) -> None:
    column = pa.array([None if number is None else Decimal(number) for number in numbers], type_)
    assert value_text.decimal_text(column).to_pylist() == texts


def test_bytes_have_a_hex_and_a_base64_form() -> None:
    column = pa.array([b"\x00\xff", b"", None])
    assert value_text.hex_text(column).to_pylist() == [r"\x00ff", r"\x", None]
    assert value_text.base64_text(column).to_pylist() == ["AP8=", "", None]


def test_words_stand_for_what_is_not_finite() -> None:
    numbers = pa.array([1.5, None, float("nan"), float("inf"), float("-inf")])
    words = value_text.nonfinite_words(numbers, value_text.arrow_text(numbers))
    assert words.to_pylist() == ["1.5", None, "NaN", "Infinity", "-Infinity"]
    assert not value_text.is_all_finite(numbers)
    assert value_text.is_all_finite(numbers.slice(0, 2))
    assert value_text.is_all_finite(pa.array([None], pa.float64()))


def test_lists_of_a_slice_are_its_own() -> None:
    lists = pa.array([["lost"], None, ["a", "b"], [], ["c"], ["lost"]]).slice(1, 4)
    assert value_text.list_text(lists, lambda text: text, "[]").to_pylist() == [None, "[a,b]", "[]", "[c]"]
