"""Which values are numbers in Excel and which stay text, a whole column at a time.

Excel's numbers are doubles, of which it shows 15 digits; its times are days since 1899-12-30, shown to the
millisecond, from 1900-03-01 on (before that its calendar has a day too many) to 9999. What would not come back digit
by digit stays text: decided by the type where that is enough, else value by value.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

import polars as pl
import pyarrow as pa

from export_pipeline.write.formats import json_rows, value_text
from export_pipeline.write.formats.kinds import Kind, kind_of

MAX_DIGITS: Final = 15
_LARGEST_WHOLE: Final = 10**MAX_DIGITS - 1
_NARROW_BITS: Final = 32
_SMALLEST_FLOAT: Final = 2.2250738585072014e-308
_LARGEST_FLOAT: Final = 9.99999999999999e307
_EPOCH_DAY: Final = 25_569  # 1970-01-01
_FIRST_DAY: Final = 61 - _EPOCH_DAY  # 1900-03-01
_END_DAY: Final = 2_958_466 - _EPOCH_DAY  # 10000-01-01
_DAY_MS: Final = 86_400_000
_LAST_TICK: Final = 2**63 - 1
_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


class Form(Enum):
    """What a cell can be."""

    NUMBER = auto()
    FLAG = auto()
    TEXT = auto()


Values = Mapping[Form, pl.Series]
"""The values of a column as text, by the form of their cells; null where the value has another form or is NULL."""


def cell_values(column: pa.Array) -> Values:
    """Return the values of a column of any kind but UNSUPPORTED."""
    column = value_text.plain_array(column)
    kind = kind_of(column.type)
    if kind is Kind.BOOL:
        return {Form.FLAG: pl.Series(column).cast(pl.Int8).cast(pl.String)}
    if kind not in _NUMBERS:
        return {Form.TEXT: _series(_TEXTS.get(kind, value_text.arrow_text)(column))}
    numbers = _NUMBERS[kind](column)
    if numbers.null_count() == column.null_count:
        return {Form.NUMBER: numbers}
    texts = _series(_TEXTS.get(kind, value_text.arrow_text)(column))
    return {Form.NUMBER: numbers, Form.TEXT: _where(numbers.is_null(), texts)}


def _series(column: pa.Array) -> pl.Series:
    return pl.Series(column, dtype=pl.String)


def _where(mask: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(mask).then(values)).to_series()


def _wholes(column: pa.Array) -> pl.Series:
    values = pl.Series(column)
    if column.type.bit_width > _NARROW_BITS:
        least = 0 if pa.types.is_unsigned_integer(column.type) else -_LARGEST_WHOLE
        values = _where(values.is_between(least, _LARGEST_WHOLE), values)
    return values.cast(pl.String)


def _floats(column: pa.Array) -> pl.Series:
    values = pl.Series(column)
    size = values.cast(pl.Float64).abs()
    return _where((size == 0) | size.is_between(_SMALLEST_FLOAT, _LARGEST_FLOAT), values).cast(pl.String)


def _decimals(column: pa.Array) -> pl.Series:
    texts = _series(value_text.decimal_text(column))
    if column.type.precision <= MAX_DIGITS:
        return texts
    if column.type.scale > 0:
        texts = texts.str.strip_chars_end("0").str.strip_chars_end(".")
    digits = texts.str.replace(".", "", literal=True).str.strip_chars_start("-0")
    return _where(digits.str.len_bytes() <= MAX_DIGITS, texts)


def _dates(column: pa.Array) -> pl.Series:
    days = pl.Series(column.cast(pa.int32()))
    return _where(days.is_between(_FIRST_DAY, _END_DAY, closed="left"), days + _EPOCH_DAY).cast(pl.String)


def _timestamps(column: pa.Array) -> pl.Series:
    day = _PER_SECOND[column.type.unit] * (_DAY_MS // 1_000)
    ticks = pl.Series(column.view(pa.int64()))
    last = min(_END_DAY * day - 1, _LAST_TICK)
    shown = _where(ticks.is_between(max(_FIRST_DAY * day, -_LAST_TICK), last), ticks)
    return _days(shown, column.type.unit, _EPOCH_DAY * _DAY_MS)


def _times(column: pa.Array) -> pl.Series:
    whole = pa.int32() if column.type.bit_width == _NARROW_BITS else pa.int64()
    return _days(pl.Series(column.view(whole)).cast(pl.Int64), column.type.unit, 0)


def _days(ticks: pl.Series, unit: str, offset_ms: int) -> pl.Series:
    """Return times as days, where they are whole milliseconds; the double nearest to a millisecond is its own."""
    per_ms = max(_PER_SECOND[unit] // 1_000, 1)
    ms = ticks * (1_000 if unit == "s" else 1) // per_ms
    return _where(ticks % per_ms == 0, (ms + offset_ms) / _DAY_MS).cast(pl.String)


def _float_text(column: pa.Array) -> pa.Array:
    return value_text.nonfinite_words(column, value_text.arrow_text(column))


def _timestamp_text(column: pa.Array) -> pa.Array:
    return value_text.timestamp_text(column, " ")


def _list_text(column: pa.Array) -> pa.Array:
    return value_text.list_text(column, json_rows.json_text, "[]")


_NUMBERS: Final[Mapping[Kind, Callable[[pa.Array], pl.Series]]] = {
    Kind.WHOLE: _wholes,
    Kind.FLOAT: _floats,
    Kind.DECIMAL: _decimals,
    Kind.DATE: _dates,
    Kind.TIME: _times,
    Kind.TIMESTAMP: _timestamps,
}

_TEXTS: Final[Mapping[Kind, value_text.TextFunction]] = {
    Kind.FLOAT: _float_text,
    Kind.DECIMAL: value_text.decimal_text,
    Kind.DATE: value_text.date_text,
    Kind.TIMESTAMP: _timestamp_text,
    Kind.BYTES: value_text.hex_text,
    Kind.LIST: _list_text,
}
