"""Whether a filter fits the columns it names: every mistake at once, before anything is read."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

import pyarrow as pa

from export_pipeline.filters.condition import (
    NULL_OPERATORS,
    PATTERN_OPERATORS,
    Condition,
    Filter,
    Operator,
    conditions_of,
)
from export_pipeline.filters.patterns import complaint
from export_pipeline.filters.values import Kind, convert, kind_of

JSON_HINT: Final = b"json"
"""The key in a field's metadata that says, by `true`, that the column holds JSON text."""

_EQUALITY: Final = frozenset({Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN}) | NULL_OPERATORS
_TAKEN: Final = {
    Kind.TEXT: frozenset(Operator),
    Kind.BOOL: _EQUALITY,
    Kind.OTHER: NULL_OPERATORS,
}


def problems(filter: Filter, schema: pa.Schema, source: pa.Schema | None = None) -> list[str]:  # noqa: A002 - the word for it
    """Return every mistake of `filter` in words; empty where it fits.

    `schema` is what is published, `source` what `source.column` means: the columns before the transforms.
    """
    found: list[str] = []
    for condition in conditions_of(filter):
        columns = source if condition.of_source and source is not None else schema
        found += [f"filter `{_shortened(condition)}`: {problem}" for problem in _of_condition(condition, columns)]
    return list(dict.fromkeys(found))


def _of_condition(condition: Condition, schema: pa.Schema) -> Iterator[str]:
    index = schema.get_field_index(condition.column)
    if index < 0:
        yield _unknown(condition.column, schema)
        return
    field = schema.field(index)
    if condition.path and (field.metadata or {}).get(JSON_HINT) != b"true":
        yield f"column {field.name!r} is no JSON ({field.type}), so it has no path"
        return
    kind = Kind.TEXT if condition.path else kind_of(field.type)
    taken = _TAKEN.get(kind, frozenset(Operator) - PATTERN_OPERATORS)
    if condition.operator not in taken:
        fitting = ", ".join(operator.value for operator in Operator if operator in taken)
        yield f"`{condition.operator}` does not fit column {field.name!r} ({field.type}: {kind}); use {fitting}"
        return
    for value in condition.values:
        if said := _wrong(value, condition, field):
            yield f"value {_shortened(value)!r} {said} (column {field.name!r} is {field.type})"


def _wrong(value: str, condition: Condition, field: pa.Field) -> str | None:
    if condition.operator in PATTERN_OPERATORS:
        return complaint(value)
    if condition.path:
        return None
    try:
        convert(value, field.type)
    except ValueError as error:
        return str(error)
    return None


def _unknown(column: str, schema: pa.Schema) -> str:
    by_folded = {name.casefold(): name for name in schema.names}
    near = get_close_matches(column.casefold(), by_folded, 1)
    meant = f"did you mean {by_folded[near[0]]!r}? There are" if near else "there are"
    return f"there is no column {column!r}; {meant} {', '.join(schema.names)}"


def _shortened(text: object) -> str:
    whole = str(text)
    return whole if len(whole) <= 80 else f"{whole[:77]}…"  # noqa: PLR2004 - a line
