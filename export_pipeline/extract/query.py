"""A `Selection` as SQL, purely: no connection, no I/O. Identifiers are quoted, values are cast literals.

Values must never be bound as parameters: that makes ADBC leave COPY and load everything in one batch.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from export_pipeline.extract.layout import with_layouts
from export_pipeline.extract.literals import literal
from export_pipeline.extract.names import TableName, quote
from export_pipeline.extract.predicates import predicate_sql
from export_pipeline.extract.selection import Join, SelectedColumn, Selection, SpecialTimes, Window

_FIRST_TIME = "0001-01-01"
_AFTER_LAST_TIME = "10000-01-01"


def copy_query(selection: Selection) -> str:
    """Return the SELECT that streams the selection's rows, columns in order under their published names."""
    columns = ", ".join(
        f"{_expression(selection, column, name)} AS {quote(column.name)}" for column, name in _named(selection)
    )
    return f"SELECT {columns} FROM {_rows(selection)}"


def count_query(selection: Selection, *, with_xmin: bool) -> str:
    """Return the SELECT of the selection's tally (`tally_columns`), guarded values and layout, a row per relation.

    The guarded values are those that have no exact Arrow form and that the stream itself could not show: arrays of
    more than one dimension, or that do not start at 1.
    """
    guards = " OR ".join(_array_guard(column) for column in selection.columns if column.travels.is_list)
    guarded = f"count(*) FILTER (WHERE {guards})" if guards else "0::bigint"
    source = f"{selection.table.quoted}{_where(selection)}"
    if selection.limit is not None or not selection.is_tracked:
        return _untracked_count_query(selection, f"SELECT {guarded} FROM {source}" if guards else "0::bigint")
    tally = tally_columns(selection, with_xmin=with_xmin)
    return with_layouts(selection, f"SELECT {tally}, {guarded} FROM {source} GROUP BY 1")


def _untracked_count_query(selection: Selection, guarded: str) -> str:
    """Return the same, in one row, for rows that are no partition, so that nothing else is tallied.

    Which rows come first where there is a limit may differ from statement to statement, so all are guarded.
    """
    counted = f"SELECT count(*) FROM (SELECT FROM {_rows(replace(selection, joins=()))}) AS first"
    return f"SELECT NULL::bigint, ({counted}), NULL::bigint, NULL::text, ({guarded}), NULL::text"


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
    time = selection.placing_time
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
    keys = [
        f"{_expression(selection, by_name[name], quote(by_name[name].source_name))} AS {quote(name)}"
        for name in selection.key
    ]
    places = ", ".join(str(position + 1) for position in range(len(keys)))
    table, where = selection.table.quoted, _where(selection)
    return f"SELECT {', '.join(keys)}, count(*) AS rows FROM {table}{where} GROUP BY {places} HAVING count(*) > 1"


def special_times_query(selection: Selection) -> str | None:
    """Return the SELECT that counts, per time column, the values the policy replaces; None where there are none."""
    columns = _replaced(selection)
    if not columns:
        return None
    counts = ", ".join(f"count(*) FILTER (WHERE NOT {_in_range(column, name)})" for column, name in columns)
    return f"SELECT {counts} FROM {_rows(replace(selection, limit=None))}"


def special_time_columns(selection: Selection) -> tuple[str, ...]:
    """Return the names of the columns that `special_times_query` counts, in its order."""
    return tuple(column.name for column, _ in _replaced(selection))


def lookup_query(table: TableName, columns: tuple[str, ...]) -> str:
    """Return the SELECT of a whole side table, columns as they are named there."""
    return f"SELECT {', '.join(quote(column) for column in columns)} FROM {table.quoted}"


def doubled_keys_query(join: Join) -> str:
    """Return the SELECT of how many keys stand more than once in a joined table: each would double a row."""
    key = quote(join.key)
    doubled = f"SELECT {key} FROM {join.table.quoted} WHERE {key} IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    return f"SELECT count(*) FROM ({doubled}) AS doubled"


def lock_statement(table: TableName) -> str:
    """Return the LOCK that must come before a snapshot's first query."""
    return f"LOCK TABLE {table.quoted} IN ACCESS SHARE MODE"


def touch_query(table: TableName, column: str) -> str:
    """Return a SELECT of nothing, which takes the same lock where LOCK itself is refused."""
    return f"SELECT {quote(column)} FROM {table.quoted} LIMIT 0"


def window_predicates(selection: Selection, window: Window) -> list[str]:
    """Return the conditions that hold `selection`'s time column inside `window`; both sides may be open."""
    sides = [(operator, moment) for operator, moment in ((">=", window.start), ("<", window.end)) if moment is not None]
    if not sides:
        return []
    time = selection.placing_time
    # A day is its midnight: cast to a date, a bound at five o'clock would be the midnight before.
    bound_type = "timestamp" if time.pg_type == "date" else time.pg_type
    return [
        f"{quote(time.source_name)} {operator} {literal(time.bound(moment), bound_type)}" for operator, moment in sides
    ]


def _bucket(selection: Selection, bounds: Sequence[datetime]) -> str:
    time = selection.placing_time
    array = ", ".join(literal(time.bound(bound), time.pg_type) for bound in bounds)
    return f"width_bucket({quote(time.source_name)}, ARRAY[{array}])"


def _where(selection: Selection) -> str:
    conditions = window_predicates(selection, selection.window)
    if selection.predicate is not None:
        conditions.append(predicate_sql(selection.predicate, selection.columns, selection.zone))
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _rows(selection: Selection) -> str:
    """Return what stands behind FROM: the table's rows, with those joined to them."""
    limit = "" if selection.limit is None else f" LIMIT {selection.limit:d}"
    rows = f"{selection.table.quoted}{_where(selection)}{limit}"
    if not selection.joins:
        return rows
    # A subquery of its own: conditions name columns without their table, and a limit is one of these rows.
    names = [column.source_name for column in selection.columns] + [join.own for join in selection.joins]
    own = f"(SELECT {', '.join(map(quote, dict.fromkeys(names)))} FROM {rows}) AS {_alias(0)}"
    joined = (
        f"LEFT JOIN {join.table.quoted} AS {_alias(number)} ON {_alias(number)}.{quote(join.key)} = "
        f"{_alias(0)}.{quote(join.own)}"
        for number, join in enumerate(selection.joins, start=1)
    )
    return " ".join((own, *joined))


def _named(selection: Selection) -> list[tuple[SelectedColumn, str]]:
    """Return each column that is read with the expression by which `_rows` has it."""
    if not selection.joins:
        return [(column, quote(column.source_name)) for column in selection.columns]
    sources = [selection.columns, *(join.columns for join in selection.joins)]
    return [
        (column, f"{_alias(number)}.{quote(column.source_name)}")
        for number, columns in enumerate(sources)
        for column in columns
    ]


def _alias(number: int) -> str:
    return quote(f"t{number}")


def _expression(selection: Selection, column: SelectedColumn, name: str) -> str:
    if column.is_time and selection.special_times is SpecialTimes.NULL:
        return f"CASE WHEN {_in_range(column, name)} THEN {name} END"
    if column.is_time and selection.special_times is SpecialTimes.TEXT:
        return f"{name}::text"
    return column.travels.template.format(name)


def _replaced(selection: Selection) -> list[tuple[SelectedColumn, str]]:
    if selection.special_times is SpecialTimes.FAIL:
        return []
    return [(column, name) for column, name in _named(selection) if column.is_time]


def _in_range(column: SelectedColumn, name: str) -> str:
    cast = column.pg_type
    first, after = literal(_FIRST_TIME, cast), literal(_AFTER_LAST_TIME, cast)
    return f"({name} IS NULL OR ({name} >= {first} AND {name} < {after}))"


def _array_guard(column: SelectedColumn) -> str:
    name = quote(column.source_name)
    return f"array_ndims({name}) > 1 OR array_lower({name}, 1) <> 1"
