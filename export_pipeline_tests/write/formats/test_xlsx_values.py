from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.write.formats.xlsx_values import Form, cell_values

EXCELS_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001


def cell(type_: pa.DataType, value: Any) -> tuple[Form, str]:  # noqa: ANN401 - a value of the type
    """Return the one form of a value, and its text in that form."""
    found = cell_values(pa.array([value, None], type_))
    assert all(series[1] is None for series in found.values())
    ((form, text),) = [(form, series[0]) for form, series in found.items() if series[0] is not None]
    return form, text


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        (pa.int32(), -(2**31), "-2147483648"),
        (pa.int64(), 999_999_999_999_999, "999999999999999"),
        (pa.uint64(), 0, "0"),
        (pa.float64(), 0.1 + 0.2, "0.30000000000000004"),
        (pa.float32(), 0.1, "0.1"),
        (pa.float64(), 0.0, "0.0"),
        (pa.decimal128(15, 2), Decimal("9999999999999.99"), "9999999999999.99"),
        (pa.decimal128(38, 20), Decimal("-0.50"), "-0.5"),
        (pa.decimal128(38, 20), Decimal(0), "0"),
        (pa.decimal128(38, 20), Decimal("1E-20"), "0.00000000000000000001"),
        (pa.decimal128(20, 0), Decimal(100), "100"),
        (pa.date32(), date(1900, 3, 1), "61"),
        (pa.date32(), date(9999, 12, 31), "2958465"),
        (pa.time64("us"), time(12), "0.5"),
        (pa.time32("s"), time(6), "0.25"),
        (pa.timestamp("s"), datetime(2026, 1, 1, 12), "46023.5"),  # noqa: DTZ001
        (pa.timestamp("us", "Europe/Berlin"), 1_767_268_800_000_000, "46023.5"),
        (pa.timestamp("ns"), 1_767_268_800_000_000_000, "46023.5"),
    ],
    ids=str,
)
def test_what_excel_holds_exactly_is_a_number(type_: pa.DataType, value: object, text: str) -> None:
    assert cell(type_, value) == (Form.NUMBER, text)


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        (pa.int64(), 2**53, "9007199254740992"),
        (pa.int64(), -(10**15), "-1000000000000000"),
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.float64(), float("nan"), "NaN"),
        (pa.float64(), float("-inf"), "-Infinity"),
        (pa.float64(), 5e-324, "5e-324"),
        (pa.float64(), 1.7e308, "1.7e+308"),
        (pa.decimal128(16, 2), Decimal("12345678901234.56"), "12345678901234.56"),
        (pa.decimal128(38, 20), Decimal("1.0000000000000001"), "1.00000000000000010000"),
        (pa.date32(), date(1900, 2, 28), "1900-02-28"),
        (pa.timestamp("us", "UTC"), 1_767_268_800_000_001, "2026-01-01 12:00:00.000001Z"),
        (pa.timestamp("us"), datetime(1899, 12, 31), "1899-12-31 00:00:00.000000"),  # noqa: DTZ001
        (pa.time64("us"), time(12, 0, 0, 1), "12:00:00.000001"),
        (pa.string(), "=1+1", "=1+1"),
        (pa.string(), "", ""),
        (pa.binary(), b"\x00\xff", "\\x00ff"),
        (pa.list_(pa.string()), ["a", None, 'b"'], '["a",null,"b\\""]'),
        (pa.dictionary(pa.int8(), pa.string()), "info", "info"),
    ],
    ids=str,
)
def test_everything_else_is_text(type_: pa.DataType, value: object, text: str) -> None:
    assert cell(type_, value) == (Form.TEXT, text)


def test_truth_is_a_flag() -> None:
    assert [cell(pa.bool_(), value) for value in (True, False)] == [(Form.FLAG, "1"), (Form.FLAG, "0")]


def test_one_column_may_hold_both() -> None:
    found = cell_values(pa.array([1, None, 2**60]))
    assert {form: series.to_list() for form, series in found.items()} == {
        Form.NUMBER: ["1", None, None],
        Form.TEXT: [None, None, str(2**60)],
    }


@given(st.integers(0, 2_958_404 * 86_400_000 - 1))
def test_every_millisecond_is_the_nearest_to_its_number_of_days(ms: int) -> None:
    moment = datetime(1900, 3, 1) + timedelta(milliseconds=ms)  # noqa: DTZ001
    form, days = cell(pa.timestamp("ms"), moment)
    assert form is Form.NUMBER
    assert EXCELS_DAY_0 + timedelta(milliseconds=round(float(days) * 86_400_000)) == moment


@given(st.integers(-(10**17), 10**17), st.integers(0, 20))
def test_a_decimal_is_a_number_if_its_digits_are_fifteen_at_most(number: int, scale: int) -> None:
    value = Decimal(number).scaleb(-scale)
    form, text = cell(pa.decimal128(38, scale), value)
    assert Decimal(text) == value
    digits = str(abs(number)).rstrip("0") if scale and number else str(abs(number))
    dropped = len(str(abs(number))) - len(digits)
    kept = digits + "0" * max(dropped - scale, 0)
    assert (form is Form.NUMBER) == (len(kept) <= 15)
    if form is Form.NUMBER:
        assert Decimal(f"{float(text):.15g}") == value
