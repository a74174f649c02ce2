"""How values of each kind compare, as PostgreSQL compares them: NULL with anything gives NULL.

Text by code point (COLLATE "C"); NaN equals itself and is greatest; decimals exactly, whatever their scale.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.filters.condition import Operator
from export_pipeline.filters.values import Kind, convert, kind_of

_TRUNCATING = Context(prec=1100, rounding=ROUND_DOWN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_INT64 = 2**63 - 1
_COMPLEMENTS = {
    Operator.NE: Operator.EQ,
    Operator.LE: Operator.GT,
    Operator.GE: Operator.LT,
    Operator.NOT_IN: Operator.IN,
}


class Order(Protocol):
    """A column's values, to be compared with the text of others: true, false or NULL for each row."""

    def equal(self, text: str) -> pa.BooleanArray:
        """Say which values are `text`."""

    def less(self, text: str) -> pa.BooleanArray:
        """Say which values lie before `text`."""

    def greater(self, text: str) -> pa.BooleanArray:
        """Say which values lie behind `text`."""

    def among(self, texts: tuple[str, ...]) -> pa.BooleanArray:
        """Say which values are one of `texts`."""


def compare(order: Order, operator: Operator, values: tuple[str, ...]) -> pa.BooleanArray:
    """Return true, false or NULL for each value. Raises: ValueError for a value of another kind."""
    if operator in _COMPLEMENTS:
        return pc.invert(compare(order, _COMPLEMENTS[operator], values))
    if operator is Operator.IN:
        return order.among(values)
    if operator is Operator.BETWEEN:
        return pc.invert(pc.or_(order.less(values[0]), order.greater(values[1])))
    tests = {Operator.EQ: order.equal, Operator.LT: order.less, Operator.GT: order.greater}
    return tests[operator](values[0])


def order_of(column: pa.Array) -> Order:
    """Return how the values of `column` compare."""
    if pa.types.is_dictionary(column.type):
        return order_of(column.dictionary_decode())
    match kind_of(column.type):
        case Kind.FLOAT:
            plain = column.cast(pa.float32()) if pa.types.is_float16(column.type) else column
            # is_in tells -0.0 and 0.0 apart: the sum is 0.0.
            return Floats(pc.add(plain, pa.scalar(0.0, plain.type)), column.type)
        case Kind.DECIMAL:
            return Decimals(column, column.type)
        case Kind.INSTANT:
            return Instants(_whole_instants(column), column.type)
        case _:
            # Arrow has no kernels for views of text.
            plain = column.cast(pa.string()) if pa.types.is_string_view(column.type) else column
            return Plain(plain, plain.type)


@dataclass(frozen=True, slots=True)
class Plain:
    """Whole numbers, text, dates, booleans: Arrow compares them as PostgreSQL does."""

    column: pa.Array
    type: pa.DataType
    """What the text of a value is read as."""

    def equal(self, text: str) -> pa.BooleanArray:
        """Say which values are `text`."""
        return pc.equal(self.column, self._scalar(text))

    def less(self, text: str) -> pa.BooleanArray:
        """Say which values lie before `text`."""
        return pc.less(self.column, self._scalar(text))

    def greater(self, text: str) -> pa.BooleanArray:
        """Say which values lie behind `text`."""
        return pc.greater(self.column, self._scalar(text))

    def among(self, texts: tuple[str, ...]) -> pa.BooleanArray:
        """Say which values are one of `texts`."""
        return _among(self.column, (self._operand(text) for text in texts))

    def _operand(self, text: str) -> Any:  # noqa: ANN401 - of the column's type
        return convert(text, self.type)

    def _scalar(self, text: str) -> pa.Scalar:
        return pa.scalar(self._operand(text), self.column.type)


@dataclass(frozen=True, slots=True)
class Instants(Plain):
    """Times, as whole numbers of microseconds or nanoseconds since 1970."""

    def _operand(self, text: str) -> int:
        moment: Any = convert(text, self.type)  # an aware datetime
        scaled = (moment - _EPOCH) // _MICROSECOND * (1000 if self.type.unit == "ns" else 1)
        return int(max(-_LAST_INT64, min(_LAST_INT64, scaled)))


@dataclass(frozen=True, slots=True)
class Floats(Plain):
    """Floating-point numbers; NaN equals itself and is greater than all others."""

    def equal(self, text: str) -> pa.BooleanArray:
        """Say which values are `text`."""
        if _is_nan(self._operand(text)):
            return pc.is_nan(self.column)
        return pc.equal(self.column, self._scalar(text))

    def less(self, text: str) -> pa.BooleanArray:
        """Say which values lie before `text`."""
        if _is_nan(self._operand(text)):
            return pc.invert(pc.is_nan(self.column))
        return pc.less(self.column, self._scalar(text))

    def greater(self, text: str) -> pa.BooleanArray:
        """Say which values lie behind `text`."""
        if _is_nan(self._operand(text)):
            return _never(self.column)
        return pc.or_(pc.greater(self.column, self._scalar(text)), pc.is_nan(self.column))

    def _operand(self, text: str) -> float:
        return float(convert(text, self.type)) + 0.0  # type: ignore[arg-type]  # a number


@dataclass(frozen=True, slots=True)
class Decimals(Plain):
    """Decimal numbers. A value of more digits than the column's lies between two of its numbers."""

    def equal(self, text: str) -> pa.BooleanArray:
        """Say which values are `text`."""
        return _never(self.column) if self._between(text) else pc.equal(self.column, self._scalar(text))

    def less(self, text: str) -> pa.BooleanArray:
        """Say which values lie before `text`."""
        behind_it = self._between(text) and convert(text, self.type) > 0  # type: ignore[operator]  # a number
        return (pc.less_equal if behind_it else pc.less)(self.column, self._scalar(text))

    def greater(self, text: str) -> pa.BooleanArray:
        """Say which values lie behind `text`."""
        before_it = self._between(text) and convert(text, self.type) < 0  # type: ignore[operator]  # a number
        return (pc.greater_equal if before_it else pc.greater)(self.column, self._scalar(text))

    def among(self, texts: tuple[str, ...]) -> pa.BooleanArray:
        """Say which values are one of `texts`."""
        return _among(self.column, (self._operand(text) for text in texts if not self._between(text)))

    def _operand(self, text: str) -> Decimal:
        """Return the column's own number next to `text`, towards zero."""
        number = convert(text, self.type)
        return _TRUNCATING.quantize(number, Decimal(1).scaleb(-self.type.scale))  # type: ignore[arg-type]  # a Decimal

    def _between(self, text: str) -> bool:
        return self._operand(text) != convert(text, self.type)


def _among(column: pa.Array, values: Iterable[object]) -> pa.BooleanArray:
    found = pc.is_in(column, value_set=pa.array(values, column.type))
    return pc.if_else(pc.is_valid(column), found, pa.scalar(None, pa.bool_()))


def _never(column: pa.Array) -> pa.BooleanArray:
    """Return false for each value, NULL for each NULL."""
    return pc.if_else(pc.is_valid(column), pa.scalar(False), pa.scalar(None, pa.bool_()))  # noqa: FBT003 - a value


def _is_nan(value: float) -> bool:
    return value != value  # noqa: PLR0124 - that is what NaN is


def _whole_instants(column: pa.Array) -> pa.Array:
    unit = "ns" if column.type.unit == "ns" else "us"
    return column.cast(pa.timestamp(unit, column.type.tz)).cast(pa.int64())
