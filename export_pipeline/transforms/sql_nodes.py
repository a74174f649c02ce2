"""The tree of a Polars expression, as Polars writes it down, and which of its nodes a computed field may have.

A node may stand in a computed field if it gives each row its value from that row alone, the same each time. What is
not listed here is refused: aggregates, window functions, what explodes lists, selectors of several columns, Python.
`sql_expression.py` makes expressions of SQL, and makes them exact.
"""

import io
import json
from collections.abc import Iterator
from typing import Any, Final, cast

import polars as pl

Node = Any
"""What JSON holds: an object of one key, which is the node's kind, or a word for one without parts."""

_KINDS: Final = frozenset({"Column", "Literal", "BinaryExpr", "Function", "Ternary", "Cast"})
_FUNCTIONS: Final = frozenset(
    {"Abs", "Sign", "Ceil", "Floor", "Exp", "Log", "Log1p", "Coalesce", "MaxHorizontal", "MinHorizontal", "Truncate"}
    | {"FillNull"}
)
_GROUPS: Final = {
    "StringExpr": frozenset(
        {
            "Uppercase",
            "Lowercase",
            "Titlecase",
            "LenChars",
            "LenBytes",
            "StripChars",
            "StripCharsStart",
            "StripCharsEnd",
        }
        | {"Slice", "Replace", "Reverse", "StartsWith", "EndsWith", "ConcatHorizontal", "Split", "PadStart"}
        | {"PadEnd", "Normalize", "Contains", "Strptime", "Head", "Tail", "SplitN", "Extract"}
    ),
    "Boolean": frozenset({"IsNull", "IsNotNull", "IsNan", "IsNotNan", "IsFinite", "IsInfinite", "Not", "IsIn"}),
    "Sql": frozenset({"Binary", "Round", "ToFloat", "IsIn"}),
    "Pow": frozenset({"Generic", "Sqrt", "Cbrt"}),
    "Bitwise": frozenset({"CountOnes"}),
    "ListExpr": frozenset({"Length", "Contains", "Get", "Join", "Max", "Min"}),
}
_WHOLE_GROUPS: Final = frozenset({"TemporalExpr", "Trigonometry"})


def tree_of(expression: pl.Expr) -> Node:
    """Return the expression's tree."""
    return json.loads(expression.meta.serialize(format="json"))


def expression_of(node: Node) -> pl.Expr:
    """Return the expression of a tree that `tree_of` gave, or of a part of one."""
    return pl.Expr.deserialize(io.BytesIO(json.dumps(node).encode()), format="json")


def kind_of(node: Node) -> tuple[str, Node]:
    """Return what the node is, and its parts."""
    return next(iter(node.items())) if isinstance(node, dict) else (str(node), None)


def function_of(parts: Node) -> tuple[str, str]:
    """Return a function's group and name; one without a group has its name alone."""
    group, name = kind_of(parts["function"])
    return (group, kind_of(name)[0]) if group in _GROUPS or group in _WHOLE_GROUPS else ("", group)


def epoch_of(node: Node) -> Node | None:
    """Return the time that the node, made of `extract(epoch from …)`, is the seconds since 1970 of; None for another.

    Polars reckons it in nanoseconds, of which 64 bits hold the years 1678 to 2262 only.
    """
    whole = children(node).get("left") if kind_of(node)[0] == "BinaryExpr" else None
    counted = children(whole).get("left") if whole and kind_of(whole)[0] == "BinaryExpr" else None
    if counted and kind_of(counted)[0] == "Function":
        parts = kind_of(counted)[1]
        if parts["function"] == {"TemporalExpr": {"TimeStamp": "Nanoseconds"}}:
            return parts["input"][0]
    return None


def foreign_nodes(node: Node) -> Iterator[str]:
    """Yield the kinds of nodes in the tree that no computed field may have."""
    kind, parts = kind_of(node)
    if kind not in _KINDS:
        yield kind
        return
    if kind == "Function":
        group, name = function_of(parts)
        if name not in _GROUPS.get(group, _FUNCTIONS) and group not in _WHOLE_GROUPS:
            yield name
    for child in children(node).values():
        yield from foreign_nodes(child)


def children(node: Node) -> dict[str, Node]:
    """Return the operands of the node, by the place in it that each has."""
    kind, parts = kind_of(node)
    if kind == "Function":
        return {str(number): operand for number, operand in enumerate(parts["input"])}
    names = {"BinaryExpr": ("left", "right"), "Ternary": ("predicate", "truthy", "falsy"), "Cast": ("expr",)}
    return {name: parts[name] for name in names.get(kind, ())}


def with_children(node: Node, operands: dict[str, Node]) -> Node:
    """Return the node with other operands, in the places that `children` names."""
    kind, parts = kind_of(node)
    if kind == "Function":
        return {kind: {**parts, "input": list(operands.values())}}
    return {kind: {**cast("dict[str, Node]", parts), **operands}} if operands else node
