"""Conditions on rows, as frozen values. Values stay text until the type of their column is known.

`str()` of a filter is its text, which `parse.py` reads back.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from export_pipeline.errors import ConfigError

KEYWORDS = frozenset({"and", "or", "not", "in", "like", "ilike", "is", "null", "between"})

_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_PLAIN_VALUE = re.compile(r"[\w.:+-]+", re.ASCII)


class Operator(StrEnum):
    """What a condition asks of a value."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN = "in"
    NOT_IN = "not in"
    LIKE = "like"
    ILIKE = "ilike"
    IS_NULL = "is null"
    IS_NOT_NULL = "is not null"
    BETWEEN = "between"


NULL_OPERATORS = frozenset({Operator.IS_NULL, Operator.IS_NOT_NULL})
LIST_OPERATORS = frozenset({Operator.IN, Operator.NOT_IN})
PATTERN_OPERATORS = frozenset({Operator.LIKE, Operator.ILIKE})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a column, or on what `path` leads to in its JSON; `of_source` is the value untransformed.

    Raises: ConfigError for a number of values that the operator does not take, or text PostgreSQL cannot hold.
    """

    column: str
    operator: Operator
    values: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    of_source: bool = False

    def __post_init__(self) -> None:
        fewest, most = _arity(self.operator)
        if not fewest <= len(self.values) <= most:
            raise ConfigError(
                f"filter on {self.column}: `{self.operator}` takes {fewest} values"
                f"{' or more' if most > fewest else ''}, given are {len(self.values)}"
            )
        if any(not is_storable(text) for text in (self.column, *self.values, *self.path)):
            raise ConfigError(
                f"filter on {self.column!r}: it holds a NUL character or half of a surrogate pair, which no text "
                "in PostgreSQL can hold; leave it out"
            )

    def __str__(self) -> str:
        path = "".join(f"->{_quoted(key)}" for key in self.path)
        subject = f"{'source.' if self.of_source else ''}{_name(self.column)}{path}"
        values = [_value(value) for value in self.values]
        if self.operator in NULL_OPERATORS:
            return f"{subject} {self.operator}"
        if self.operator in LIST_OPERATORS:
            return f"{subject} {self.operator} ({', '.join(values)})"
        return f"{subject} {self.operator} {' and '.join(values)}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where every part is."""

    parts: "tuple[Filter, ...]"

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where one part is."""

    parts: "tuple[Filter, ...]"

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


Filter = Condition | AllOf | AnyOf


def all_of(filters: Iterable[Filter]) -> Filter | None:
    """Return the filter that is true where all of `filters` are; None for none of them."""
    parts = tuple(_flattened(filters, AllOf))
    return AllOf(parts) if len(parts) > 1 else next(iter(parts), None)


def any_of(filters: Iterable[Filter]) -> Filter | None:
    """Return the filter that is true where one of `filters` is; None for none of them."""
    parts = tuple(_flattened(filters, AnyOf))
    return AnyOf(parts) if len(parts) > 1 else next(iter(parts), None)


def conditions_of(filter: Filter) -> Iterator[Condition]:  # noqa: A002 - the word for it
    """Yield the conditions that `filter` is made of, in order."""
    if isinstance(filter, Condition):
        yield filter
    else:
        for part in filter.parts:
            yield from conditions_of(part)


def columns_of(filter: Filter) -> frozenset[str]:  # noqa: A002 - the word for it
    """Return the names of the columns that `filter` looks at."""
    return frozenset(condition.column for condition in conditions_of(filter))


def _flattened(filters: Iterable[Filter], kind: type[AllOf | AnyOf]) -> Iterator[Filter]:
    """Yield `filters` with the parts of those of `kind` in their place, and of those in them."""
    for each in filters:
        if isinstance(each, kind):
            yield from _flattened(each.parts, kind)
        else:
            yield each


def _arity(operator: Operator) -> tuple[int, float]:
    if operator in NULL_OPERATORS:
        return 0, 0
    if operator in LIST_OPERATORS:
        return 1, float("inf")
    return (2, 2) if operator is Operator.BETWEEN else (1, 1)


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text))


def _name(name: str) -> str:
    plain = _PLAIN_NAME.fullmatch(name) and name.lower() not in KEYWORDS | {"source"}
    return name if plain else '"' + name.replace('"', '""') + '"'


def _value(text: str) -> str:
    plain = _PLAIN_VALUE.fullmatch(text) and text.lower() not in KEYWORDS
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
