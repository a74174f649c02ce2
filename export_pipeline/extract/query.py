"""A `Selection` as SQL, purely: no connection, no I/O. Identifiers are quoted, values are cast literals.

Values must never be bound as parameters: that makes ADBC leave COPY and load everything in one batch.
"""

from collections.abc import Sequence
from datetime import datetime

from psycopg.sql import Literal

from export_pipeline.extract.layout import with_layouts
from export_pipeline.extract.names import TableName, quote
from export_pipeline.extract.selection import SelectedColumn, Selection, SpecialTimes, Window

_FIRST_TIME = "0001-01-01"
_AFTER_LAST_TIME = "10000-01-01"


def copy_query(selection: Selection) -> str:
    """Return the SELECT that streams the selection's rows, columns in order under their published names."""
    columns = ", ".join(f"{_expression(selection, column)} AS {quote(column.name)}" for column in selection.columns)
    return f"SELECT {columns} FROM {selection.table.quoted}{_where(selection)}"


def count_query(selection: Selection, *, with_xmin: bool) -> str:
    """Return the SELECT of the selection's tally (`tally_columns`), guarded values and layout, a row per relation.

    The guarded values are those that have no exact Arrow form and that the stream itself could not show: arrays of
    more than one dimension, or that do not start at 1.
    """
    tally = tally_columns(selection, with_xmin=with_xmin)
    guards = " OR ".join(_array_guard(column) for column in selection.columns if column.travels.is_list)
    guarded = f"count(*) FILTER (WHERE {guards})" if guards else "0::bigint"
    source = f"{selection.table.quoted}{_where(selection)}"
    return with_layouts(selection, f"SELECT {tally}, {guarded} FROM {source} GROUP BY 1")


def tally_columns(selection: Selection, *, with_xmin: bool) -> str:
    """Return the columns of a `TalliedRows` but its layout; the first one is what to group by.

    Where xmin cannot be read the fourth one is a digest of the rows, as the server reads them.
    """
    if with_xmin:
        return f"tableoid::bigint AS relation, count(*), {newest_xid('xmin')}, NULL::text"
    return f"NULL::bigint AS relation, count(*), NULL::bigint, {_digest(selection)}"


def _digest(selection: Selection) -> str:
    """Return the sum of the rows' hashes: the same in any order, another one when a value of a row changes."""
    columns = ", ".join(quote(column.source_name) for column in selection.columns)
    return f'sum(hashtextextended((ROW({columns})::text) COLLATE "C", 0))::text'


def newest_xid(column: str) -> str:
    """Return the aggregate that widens 32-bit `column` (xmin) to 64 bits and takes the newest."""
    return f"max({_widened_xid(column)})"


def _widened_xid(column: str) -> str:
    """Return 32-bit `column` (xmin) as a 64-bit transaction id.

    A row's xmin lies at most 2^31 behind the next transaction id, so its epoch follows from that one.
    """
    # A subquery is evaluated once; the bare function calls would be, for every row (0.1 s per million).
    upcoming = "(SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint)"
    age = f"(({upcoming} % 4294967296) - {column}::text::bigint + 4294967296) % 4294967296"
    return f"{upcoming} - ({age})"


def scan_query(selection: Selection, bounds: Sequence[datetime], *, with_xmin: bool) -> str:
    """Return the SELECT of the tally per relation and span of time between `bounds`, the bucket and the layout.

    Bucket i holds the rows from bound i-1 up to bound i; bucket 0 lies before the first bound, bucket len(bounds)
    from the last one on; a NULL time has bucket NULL.
    """
    tally, bucket = tally_columns(selection, with_xmin=with_xmin), _bucket(selection, bounds)
    source = f"{selection.table.quoted}{_where(selection)}"
    return with_layouts(selection, f"SELECT {tally}, {bucket} FROM {source} GROUP BY 1, 5")


def span_query(selection: Selection, first: datetime, end: datetime) -> str:
    """Return the SELECT of one row about the whole table: how its times lie to the span from `first` up to `end`.

    Rows in all, without a time, at ±infinity, before the span, from its end on; the oldest time of all, then the
    newest within the span, as text. Infinite times are in none of the figures but their own.
    """
    time = selection.time
    name, finite = quote(time.source_name), f"isfinite({quote(time.source_name)})"
    start, after = (literal(time.bound(moment), time.pg_type) for moment in (first, end))
    inside = f"{name} >= {start} AND {name} < {after}"
    return (
        f"SELECT count(*), count(*) - count({name}), count(*) FILTER (WHERE NOT {finite}), "
        f"count(*) FILTER (WHERE {finite} AND {name} < {start}), "
        f"count(*) FILTER (WHERE {finite} AND {name} >= {after}), "
        f"min({name}) FILTER (WHERE {finite})::text, max({name}) FILTER (WHERE {inside})::text "
        f"FROM {selection.table.quoted}"
    )


def comparison_query(
    selection: Selection, bounds: Sequence[datetime], horizons: Sequence[int], *, with_xmin: bool
) -> str:
    """Return the SELECT of what lies in each bucket (as in `scan_query`) and relation.

    Its columns: bucket, relation, rows, rows from before the bucket's horizon, digest, layout. `horizons` are 64-bit
    transaction ids, that of bucket 1 first. Without xmin there is a digest of the rows instead.
    """
    bucket, source = _bucket(selection, bounds), f"{selection.table.quoted}{_where(selection)}"
    if not with_xmin:
        counted = f"{bucket}, NULL::bigint AS relation, count(*), NULL::bigint, {_digest(selection)}"
        return with_layouts(selection, f"SELECT {counted} FROM {source} GROUP BY 1")
    rows = f"SELECT {bucket} AS bucket, tableoid::bigint AS relation, {_widened_xid('xmin')} AS writer FROM {source}"
    horizon = f"(ARRAY[{', '.join(map(str, horizons))}]::bigint[])[bucket]"
    old = f"count(*) FILTER (WHERE writer < {horizon})"
    counted = f"bucket, relation, count(*), {old}, NULL::text"
    return with_layouts(selection, f"SELECT {counted} FROM ({rows}) AS seen GROUP BY 1, 2")


def duplicate_keys_query(selection: Selection) -> str:
    """Return the SELECT of the keys that stand in the selection more than once, each with its number of rows."""
    by_name = {column.name: column for column in selection.columns}
    keys = [f"{_expression(selection, by_name[name])} AS {quote(name)}" for name in selection.key]
    places = ", ".join(str(position + 1) for position in range(len(keys)))
    table, where = selection.table.quoted, _where(selection)
    return f"SELECT {', '.join(keys)}, count(*) AS rows FROM {table}{where} GROUP BY {places} HAVING count(*) > 1"


def special_times_query(selection: Selection) -> str | None:
    """Return the SELECT that counts, per time column, the values the policy replaces; None where there are none."""
    columns = _replaced(selection)
    if not columns:
        return None
    counts = ", ".join(f"count(*) FILTER (WHERE NOT {_in_range(column)})" for column in columns)
    return f"SELECT {counts} FROM {selection.table.quoted}{_where(selection)}"


def special_time_columns(selection: Selection) -> tuple[str, ...]:
    """Return the names of the columns that `special_times_query` counts, in its order."""
    return tuple(column.name for column in _replaced(selection))


def lookup_query(table: TableName, columns: tuple[str, ...]) -> str:
    """Return the SELECT of a whole side table, columns as they are named there."""
    return f"SELECT {', '.join(quote(column) for column in columns)} FROM {table.quoted}"


def lock_statement(table: TableName) -> str:
    """Return the LOCK that must come before a snapshot's first query."""
    return f"LOCK TABLE {table.quoted} IN ACCESS SHARE MODE"


def touch_query(table: TableName, column: str) -> str:
    """Return a SELECT of nothing, which takes the same lock where LOCK itself is refused."""
    return f"SELECT {quote(column)} FROM {table.quoted} LIMIT 0"


def window_predicates(selection: Selection, window: Window) -> list[str]:
    """Return the conditions that hold `selection`'s time column inside `window`; both sides may be open."""
    time = selection.time
    sides = ((">=", window.start), ("<", window.end))
    return [
        f"{quote(time.source_name)} {operator} {literal(time.bound(moment), time.pg_type)}"
        for operator, moment in sides
        if moment is not None
    ]


def literal(value: str, pg_type: str) -> str:
    """Return `value` as a quoted SQL literal with an explicit cast to `pg_type`."""
    return f"{Literal(value).as_string(None)}::{pg_type}"


def _bucket(selection: Selection, bounds: Sequence[datetime]) -> str:
    time = selection.time
    array = ", ".join(literal(time.bound(bound), time.pg_type) for bound in bounds)
    return f"width_bucket({quote(time.source_name)}, ARRAY[{array}])"


def _where(selection: Selection) -> str:
    conditions = window_predicates(selection, selection.window)
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _expression(selection: Selection, column: SelectedColumn) -> str:
    name = quote(column.source_name)
    if column.is_time and selection.special_times is SpecialTimes.NULL:
        return f"CASE WHEN {_in_range(column)} THEN {name} END"
    if column.is_time and selection.special_times is SpecialTimes.TEXT:
        return f"{name}::text"
    return column.travels.template.format(name)


def _replaced(selection: Selection) -> list[SelectedColumn]:
    if selection.special_times is SpecialTimes.FAIL:
        return []
    return [column for column in selection.columns if column.is_time]


def _in_range(column: SelectedColumn) -> str:
    name, cast = quote(column.source_name), column.pg_type
    first, after = literal(_FIRST_TIME, cast), literal(_AFTER_LAST_TIME, cast)
    return f"({name} IS NULL OR ({name} >= {first} AND {name} < {after}))"


def _array_guard(column: SelectedColumn) -> str:
    name = quote(column.source_name)
    return f"array_ndims({name}) > 1 OR array_lower({name}, 1) <> 1"
