"""Filters as SQL, purely, and how a filter is shared between the server and `filters.evaluate`.

Identifiers are quoted, values are cast literals, as everywhere in SQL that a COPY runs.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa

from export_pipeline.errors import ConfigError
from export_pipeline.extract.comparison_sql import condition_sql
from export_pipeline.extract.selection import SelectedColumn
from export_pipeline.filters.condition import AllOf, Condition, Filter, Operator, all_of, conditions_of
from export_pipeline.filters.resolve import JSON_HINT


def predicate_sql(filter: Filter, columns: Sequence[SelectedColumn], zone: str) -> str:  # noqa: A002 - the word for it
    """Return `filter` as an SQL condition; times without a zone are read in `zone`.

    Raises: ConfigError for an unknown column, or a value that is not of its type.
    """
    return _sql(filter, {column.name: column for column in columns}, zone)


def split(
    filter: Filter,  # noqa: A002 - the word for it
    is_pushable: Callable[[Condition], bool],
) -> tuple[Filter | None, Filter | None]:
    """Return what the server decides, and what is left for the published rows; both together are `filter`.

    Raises: ConfigError where a condition on the source's own value would be left.
    """
    pushed: list[Filter] = []
    left: list[Filter] = []
    whole = all_of([filter])
    for part in whole.parts if isinstance(whole, AllOf) else (filter,):
        (pushed if all(map(is_pushable, conditions_of(part))) else left).append(part)
    for part in left:
        _require_without_source(part)
    return all_of(pushed), all_of(left)


def is_exact(condition: Condition, column: SelectedColumn) -> bool:
    """Whether the server judges `condition` as `filters.evaluate` does the value that it sends.

    ILIKE goes by the database's locale. Reading a path in `json` fails where the document holds a NUL character.
    """
    if condition.path:
        return column.pg_type == "jsonb" and condition.operator is not Operator.ILIKE
    return condition.operator is not Operator.ILIKE


def source_schema(columns: Sequence[SelectedColumn]) -> pa.Schema:
    """Return what `source.column` means, for `filters.resolve.problems`."""
    return pa.schema([_source_field(column) for column in columns])


def _source_field(column: SelectedColumn) -> pa.Field:
    travels = column.travels
    return pa.field(column.name, travels.arrow, metadata={JSON_HINT: b"true"} if travels.family == "json" else None)


def _sql(filter: Filter, columns: dict[str, SelectedColumn], zone: str) -> str:  # noqa: A002 - the word for it
    if not isinstance(filter, Condition):
        word = " AND " if isinstance(filter, AllOf) else " OR "
        return f"({word.join(_sql(part, columns, zone) for part in filter.parts)})"
    column = columns.get(filter.column)
    if column is None:
        raise ConfigError(f"filter {filter}: the source gives no column {filter.column!r} but {', '.join(columns)}")
    return condition_sql(filter, column, zone)


def _require_without_source(part: Filter) -> None:
    if any(condition.of_source for condition in conditions_of(part)):
        others = sorted({condition.column for condition in conditions_of(part) if not condition.of_source})
        raise ConfigError(
            f"filter {part}: `source.` asks for a value before the transforms, which only the server has, but beside "
            f"it `or` asks for {', '.join(others)} as published; ask for the source's own there too, or export twice"
        )
