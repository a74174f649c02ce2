"""An expression in SQL's words becomes one of Polars that is exact, or fails by name.

Polars reads the words. What it would do silently is mended in the expression's tree: whole numbers are reckoned in
128 bits and must fit 64, what has no value is found beforehand (`sql_checks.py`), a branch of CASE fails for the rows
that take it only, and a decimal becomes a floating-point number by CAST alone. Decimals are exact by themselves: sums,
differences and products have all digits or overflow with an error.
"""

from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl
from polars.exceptions import PolarsError

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.sql_checks import Check
from export_pipeline.transforms.sql_nodes import (
    Node,
    children,
    epoch_of,
    expression_of,
    function_of,
    kind_of,
    tree_of,
    with_children,
)
from export_pipeline.transforms.sql_refusals import refuse_foreign, refuse_unknown, refuse_words

_LONGEST = 4_000
_TOO_DEEP = "the expression is too long or too deeply nested; spread it over several fields, which may use each other"
_DIVISIONS = frozenset({"Div", "IntDiv", "Rem", "Divide", "TrueDivide", "FloorDivide", "Modulus"})
_WRAPPING = frozenset({"Plus", "Minus", "Multiply", "Mul", "IntDiv", "Rem", "FloorDivide", "Modulus", "Abs"})


@dataclass(frozen=True, slots=True)
class Calculation:
    """An exact expression, and its checks: where one fails, there is no result."""

    expression: pl.Expr
    checks: tuple[Check, ...]
    inputs: tuple[str, ...]
    """The columns that it reads."""


def calculation(text: str, columns: pl.DataFrame) -> Calculation:
    """Return what `text` computes; `columns` has the columns there are, without rows.

    Raises: ConfigError for an error of syntax, an unknown column, types that do not fit, and what is not row by row.
    """
    refuse_words(text)
    if len(text) > _LONGEST:
        raise ConfigError(_TOO_DEEP)
    try:
        parsed = pl.sql_expr(text)
        tree = tree_of(parsed)
        inputs = tuple(dict.fromkeys(parsed.meta.root_names()))
    except RecursionError:
        raise ConfigError(_TOO_DEEP) from None
    except (PolarsError, TypeError) as error:  # TypeError: several expressions
        raise ConfigError(f"{_first_line(error)}; write one expression such as sale-cost or upper(message)") from None
    refuse_foreign(tree)
    refuse_unknown(inputs, columns.columns)
    rewriting = _Rewriting(columns)
    try:
        exact = expression_of(rewriting.exact(tree, None))
        columns.select(exact)
    except PolarsError as error:
        said = _first_line(error)
        deep = "could not deserialize" in said
        raise ConfigError(_TOO_DEEP if deep else f"{said}; the columns: {_typed(inputs, columns)}") from None
    except RecursionError:
        raise ConfigError(_TOO_DEEP) from None
    return Calculation(exact, tuple(rewriting.checks), inputs)


@dataclass(slots=True)
class _Rewriting:
    """Makes a tree exact from the leaves up; `guard` is true where a row takes the branch that a node stands in."""

    columns: pl.DataFrame
    checks: list[Check] = field(default_factory=list)

    def exact(self, node: Node, guard: pl.Expr | None) -> Node:
        kind, parts = kind_of(node)
        if kind == "Ternary":
            return self._branches(node, guard)
        if time := epoch_of(node):
            return tree_of(_seconds(expression_of(self.exact(time, guard)).dt.timestamp("us")))
        operands = {place: self.exact(child, guard) for place, child in children(node).items()}
        if kind == "Cast":  # Polars itself lets one fail only in the branch that is taken
            return with_children(node, operands)
        self._require_no_floats_of_decimals(node, operands)
        operation = _operation(kind, parts)
        if operation == "Generic" and self._type(node).is_integer():
            raise ConfigError("a power of whole numbers may lose digits unseen; multiply, or cast(… as double) first")
        last = next(reversed(operands), "")
        if operation in _DIVISIONS:
            divisor = _masked(expression_of(operands[last]), guard)
            self.checks.append(Check.of_divisor(divisor))
            if self._type(node).is_float():
                dividend = expression_of(next(iter(operands.values())))
                divisor = _column(divisor, dividend)
            operands[last] = tree_of(pl.when(divisor != 0).then(divisor))
        elif operation in _WRAPPING:
            operands[last] = tree_of(_masked(expression_of(operands[last]), guard))
        if operation in _WRAPPING and all(self._type(operand).is_integer() for operand in operands.values()):
            return self._in_128_bits(node, operands)
        return self._checked(with_children(node, operands), guard)

    def _checked(self, node: Node, guard: pl.Expr | None) -> Node:
        """Return the node, and note how to tell where it loses a value."""
        kind, parts = kind_of(node)
        operands = [(expression_of(operand), self._type(operand)) for operand in children(node).values()]
        if kind == "Function" and function_of(parts)[0] == "TemporalExpr":
            self.checks.append(Check.of_time(expression_of(node), [one for one, _ in operands], guard))
        elif operands and all(of.is_numeric() for _, of in operands) and self._type(node).is_float():
            floats = [one for one, of in operands if of.is_float()]
            self.checks.append(Check.of_float(expression_of(node), floats, guard))
        return node

    def _branches(self, node: Node, guard: pl.Expr | None) -> Node:
        parts = children(node)
        predicate = self.exact(parts["predicate"], guard)
        taken = expression_of(predicate).fill_null(value=False)
        operands = {
            "predicate": predicate,
            "truthy": self.exact(parts["truthy"], taken if guard is None else guard & taken),
            "falsy": self.exact(parts["falsy"], ~taken if guard is None else guard & ~taken),
        }
        self._require_no_floats_of_decimals(node, {name: operands[name] for name in ("truthy", "falsy")})
        return with_children(node, operands)

    def _in_128_bits(self, node: Node, operands: dict[str, Node]) -> Node:
        """Reckon with operands of 64 bits in 128, which hold every sum and product of two, and go back if it fits."""
        widened = {place: tree_of(expression_of(one).cast(pl.Int128)) for place, one in operands.items()}
        return tree_of(expression_of(with_children(node, widened)).cast(pl.Int64))

    def _require_no_floats_of_decimals(self, node: Node, operands: dict[str, Node]) -> None:
        types = [self._type(operand) for operand in operands.values()]
        literal = [kind_of(operand)[0] == "Literal" for operand in operands.values()]
        if not any(one.is_decimal() and not written for one, written in zip(types, literal, strict=True)):
            return
        floats = any(one.is_float() for one in types)
        if floats or self._type(with_children(node, operands | self._predicate(node))).is_float():
            raise ConfigError(
                "a decimal would become a floating-point number, which is not exact; say which is meant: "
                "cast(… as decimal(p,s)) or cast(… as double)"
            )

    @staticmethod
    def _predicate(node: Node) -> dict[str, Node]:
        whole = children(node)
        return {"predicate": whole["predicate"]} if "predicate" in whole else {}

    def _type(self, node: Node) -> pl.DataType:
        return self.columns.select(expression_of(node).alias("_")).dtypes[0]


def _operation(kind: str, parts: Node) -> str:
    if kind == "BinaryExpr":
        return str(parts["op"])
    if kind != "Function":
        return ""
    group, name = function_of(parts)
    return str(parts["function"]["Sql"]["Binary"]) if (group, name) == ("Sql", "Binary") else name


def _seconds(microseconds: pl.Expr) -> pl.Expr:
    """Return the nearest floating-point numbers, by way of decimals: Polars divides by multiplying with 1 / 1e6."""
    return (microseconds.cast(pl.Decimal(38, 0)) * pl.lit(Decimal("0.000001"))).cast(pl.Float64)


def _column(divisor: pl.Expr, dividend: pl.Expr) -> pl.Expr:
    """Return the divisor as a value for each row: by a single one, Polars multiplies with 1 / divisor instead."""
    return divisor + dividend.is_null().cast(pl.Int8)


def _masked(operand: pl.Expr, guard: pl.Expr | None) -> pl.Expr:
    return operand if guard is None else pl.when(guard).then(operand)


def _typed(inputs: tuple[str, ...], columns: pl.DataFrame) -> str:
    return ", ".join(f"{name} {columns.schema[name]}" for name in inputs) or "none"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
