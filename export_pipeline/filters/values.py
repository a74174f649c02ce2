"""What the text of a value means in a column of some Arrow type. SQL and evaluation both go by it.

Text that means nothing there is a ValueError, whose message continues "value 'abc' ".
"""

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

import pyarrow as pa

from export_pipeline.errors import ConfigError

Value = str | int | float | bool | Decimal | date | datetime

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"nan|[+-]?inf(?:inity)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?) ?(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_BOOLS: Final = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}

_MOST_DIGITS: Final = 1000
"""Longer numbers, and exponents beyond, are compared as text where a number is not asked for by the column's type."""


class Kind(StrEnum):
    """What a column's values are like, as people say it."""

    WHOLE = "whole numbers"
    FLOAT = "floating-point numbers"
    DECIMAL = "decimal numbers"
    BOOL = "true or false"
    TEXT = "text"
    DATE = "dates"
    INSTANT = "times"
    OTHER = "lists or other values that cannot be compared"


def kind_of(type: pa.DataType) -> Kind:  # noqa: A002 - the word that Arrow uses
    """Return what values of `type` are like."""
    if pa.types.is_dictionary(type):
        return kind_of(type.value_type)
    tests = {
        Kind.WHOLE: pa.types.is_integer,
        Kind.FLOAT: pa.types.is_floating,
        Kind.DECIMAL: pa.types.is_decimal,
        Kind.BOOL: pa.types.is_boolean,
        Kind.TEXT: _is_text,
        Kind.DATE: pa.types.is_date,
        Kind.INSTANT: pa.types.is_timestamp,
    }
    return next((kind for kind, test in tests.items() if test(type)), Kind.OTHER)


def convert(text: str, type: pa.DataType) -> Value:  # noqa: A002 - the word that Arrow uses
    """Return what `text` means in a column of `type`; times are aware, and UTC where they say no zone.

    Raises: ValueError, with a message that continues "value 'abc' ".
    """
    if pa.types.is_dictionary(type):
        return convert(text, type.value_type)
    return _CONVERTERS[kind_of(type)](text, type)


def require(text: str, type: pa.DataType, column: str) -> Value:  # noqa: A002 - the word that Arrow uses
    """Return what `text` means in `column`. Raises: ConfigError."""
    try:
        return convert(text, type)
    except ValueError as error:
        raise ConfigError(f"filter on {column}: value {text!r} {error}") from None


def as_number(text: str) -> Decimal | None:
    """Return the number that `text` is by the rules of JSON; None where it is none."""
    if len(text) > _MOST_DIGITS or not _JSON_NUMBER.fullmatch(text):
        return None
    with suppress(InvalidOperation):
        number = Decimal(text)
        return number if abs(number.adjusted()) < _MOST_DIGITS else None
    return None


def _is_text(type: pa.DataType) -> bool:  # noqa: A002 - the word that Arrow uses
    return bool(pa.types.is_string(type) or pa.types.is_large_string(type) or pa.types.is_string_view(type))


def _whole(text: str, type: pa.DataType) -> int:  # noqa: A002 - the word that Arrow uses
    unsigned = pa.types.is_unsigned_integer(type)
    first, last = (0, 2**type.bit_width - 1) if unsigned else (-(2 ** (type.bit_width - 1)), 2 ** (type.bit_width - 1))
    last -= 0 if unsigned else 1
    if not _WHOLE.fullmatch(text):
        raise ValueError("is not a whole number")
    if len(text.lstrip("+-0")) > len(str(last)) or not first <= int(text) <= last:
        raise ValueError(f"is out of range; the column holds {first} to {last}")
    return int(text)


def _float(text: str, type: pa.DataType) -> float:  # noqa: A002 - the word that Arrow uses
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text)
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a number")
    value = float(text)
    if type.bit_width < 64:  # noqa: PLR2004 - a double
        code = "<f" if type.bit_width == 32 else "<e"  # noqa: PLR2004 - a single, else a half
        with suppress(OverflowError):
            return float(struct.unpack(code, struct.pack(code, value))[0])
        value = float("inf")
    if value in {float("inf"), float("-inf")}:
        raise ValueError("is out of range for a floating-point number")
    return value


def _decimal(text: str, type: pa.DataType) -> Decimal:  # noqa: A002 - the word that Arrow uses
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a decimal number")
    whole_digits = type.precision - type.scale
    with suppress(InvalidOperation):
        number = Decimal(text)
        if (number == 0 or number.adjusted() < whole_digits) and abs(number.adjusted()) < _MOST_DIGITS:
            return number
    raise ValueError(f"is out of range; the column holds {whole_digits} digits before the point")


def _bool(text: str, _: pa.DataType) -> bool:
    if text.lower() not in _BOOLS:
        raise ValueError("is neither true nor false")
    return _BOOLS[text.lower()]


def _date(text: str, _: pa.DataType) -> date:
    if _DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise ValueError("is not a date such as 2026-11-20")


def _instant(text: str, _: pa.DataType) -> datetime:
    if found := _TIME.fullmatch(text):
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00'}{found['zone'] or 'Z'}")
            return moment.astimezone(UTC)
    raise ValueError("is not a time such as 2026-11-20, 2026-11-20T05:00 or '2026-11-20 05:00:00.5+02:00'")


def _incomparable(_: str, type: pa.DataType) -> Value:  # noqa: A002 - the word that Arrow uses
    raise ValueError(f"cannot be compared with {type}")


_CONVERTERS: Final[dict[Kind, Callable[[str, pa.DataType], Value]]] = {
    Kind.WHOLE: _whole,
    Kind.FLOAT: _float,
    Kind.DECIMAL: _decimal,
    Kind.BOOL: _bool,
    Kind.TEXT: lambda text, _: text,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.OTHER: _incomparable,
}
