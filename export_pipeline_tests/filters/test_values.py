"""What the text of a value means in a column: the rest is in test_resolve.py, which asks for every mistake."""

import struct
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.filters.values import Kind, Value, as_number, convert, kind_of, require


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("0005", pa.int16(), 5),
        ("1.1", pa.float64(), 1.1),
        ("1.1", pa.float32(), struct.unpack("<f", struct.pack("<f", 1.1))[0]),
        ("1.10", pa.decimal128(5, 2), Decimal("1.10")),
        ("NO", pa.bool_(), False),
        ("NO", pa.string(), "NO"),
        ("2026-11-20", pa.date32(), date(2026, 11, 20)),
        ("2026-11-20", pa.timestamp("us"), datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T05:00-01:30", pa.timestamp("us", "Europe/Berlin"), datetime(2026, 11, 20, 6, 30, tzinfo=UTC)),
        ("x", pa.dictionary(pa.int8(), pa.string()), "x"),
    ],
)
def test_the_columns_type_says_what_a_value_means(text: str, type_: pa.DataType, value: Value) -> None:
    converted = convert(text, type_)
    assert converted == value
    assert type(converted) is type(value)


def test_lists_and_binary_cannot_be_compared() -> None:
    assert {kind_of(type_) for type_ in (pa.list_(pa.int8()), pa.binary(), pa.null(), pa.time64("us"))} == {Kind.OTHER}
    with pytest.raises(ValueError, match="cannot be compared"):
        convert("x", pa.binary())


def test_a_wrong_value_names_its_column() -> None:
    with pytest.raises(ConfigError, match="filter on level: value 'x' is not a whole number"):
        require("x", pa.int8(), "level")


@pytest.mark.parametrize("text", ["5", "-0.5", "1e3", "0"])
def test_numbers_are_those_of_json(text: str) -> None:
    assert as_number(text) == Decimal(text)


@pytest.mark.parametrize("text", ["", "05", "+5", ".5", "5.", "NaN", "1e99999", "5 ", "0x5", "1" * 2000])
def test_what_json_calls_no_number_is_text(text: str) -> None:
    assert as_number(text) is None
