"""What the live table looks like, in the same words as a declaration, and where it differs from one."""

from dataclasses import dataclass

from adbc_driver_postgresql.dbapi import Cursor
from psycopg.sql import Literal

from export_pipeline.errors import SchemaDriftError, SourceAccessError
from export_pipeline.extract.live_relation import read_relation
from export_pipeline.extract.names import TableName, quote
from export_pipeline.extract.pg_types import resolve
from export_pipeline.extract.selection import Selection

# Of the relation and all below it (partitions, inheriting tables): whether each row shows who wrote it, whether an
# index leads with the time column everywhere, and whether a unique one over all of it lies within the key.
# A foreign table gives 0 for xmin, and a table of another access method than heap whatever it likes.
_TREE = """
WITH RECURSIVE tree AS (
    SELECT {regclass}::oid AS oid
    UNION ALL
    SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.oid
), relation AS (
    SELECT c.oid, c.relkind, am.amname, c.oid = {regclass} AS is_root
    FROM tree JOIN pg_class c USING (oid) LEFT JOIN pg_am am ON am.oid = c.relam
), indexed AS (
    SELECT i.indrelid, i.indisunique AND i.indexprs IS NULL AS is_unique,
        (SELECT array_agg(a.attname::text ORDER BY place) FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
         LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
         WHERE place <= i.indnkeyatts) AS columns
    FROM pg_index i JOIN relation r ON r.oid = i.indrelid WHERE i.indisvalid AND i.indpred IS NULL
)
SELECT
    bool_and(CASE WHEN relkind IN ('r', 'm') THEN amname = 'heap' ELSE relkind = 'p' END)
        AND bool_and(CASE WHEN is_root AND relkind IN ('r', 'm', 'p') THEN has_column_privilege(oid, 'xmin', 'SELECT')
            AND has_column_privilege(oid, 'tableoid', 'SELECT') ELSE true END),
    bool_and(relkind = 'p' OR EXISTS (SELECT FROM indexed WHERE indrelid = relation.oid AND columns[1] = {time})),
    (count(*) = 1 OR bool_or(is_root AND relkind = 'p')) AND bool_or(is_root AND EXISTS (
        SELECT FROM indexed WHERE indrelid = relation.oid AND is_unique AND columns <@ ARRAY[{key}]::text[]))
FROM relation
"""


@dataclass(frozen=True, slots=True)
class LiveTable:
    """The columns of a live relation, in table order: name → type in `pg_types`' words."""

    name: TableName
    kind: str
    """`pg_class.relkind`: r table, p partitioned parent, v view, m materialized view, f foreign table."""
    columns: dict[str, str]
    unreadable: tuple[str, ...]
    """The columns that this account may not select."""
    has_xmin: bool
    """Whether this account sees of every row which transaction wrote it: not of views and foreign tables."""
    time_is_indexed: bool
    key_is_unique: bool
    """Whether the server itself keeps the selection's key unique."""


def describe(cursor: Cursor, selection: Selection) -> LiveTable:
    """Read what the selection's table is like. Raises: SourceAccessError when there is no such table."""
    table = selection.table
    relation = read_relation(cursor, table)
    if relation is None:
        raise SourceAccessError(f"table {table} is not in the source; check the dataset's table setting")
    columns = {column.name: column.pg_type for column in relation.columns}
    unreadable = tuple(column.name for column in relation.columns if not column.is_readable)
    source_names = {column.name: column.source_name for column in selection.columns}
    key = ", ".join(_text(source_names[name]) for name in selection.key)
    time = _text(selection.time.source_name) if selection.time else "NULL"
    regclass = f"to_regclass({_text(table.quoted)})"
    cursor.execute(_TREE.format(regclass=regclass, time=time, key=key))
    return LiveTable(table, relation.kind, columns, unreadable, *cursor.fetchone())


def require_declared(live: LiveTable, selection: Selection) -> None:
    """Compare the live table with what is declared. Raises: SchemaDriftError naming every difference."""
    if found := differences(live, selection).values():
        raise SchemaDriftError(
            f"table {live.name} differs from its declaration: {'; '.join(found)}. "
            "Mend the table, or change the dataset's declaration or column map"
        )


def differences(live: LiveTable, selection: Selection) -> dict[str, str]:
    """Return in words how each column of the selection differs in the live table, by its name there."""
    found = {column.source_name: _difference(live, column.source_name, column.pg_type) for column in selection.columns}
    return {name: difference for name, difference in found.items() if difference}


def undeclared(live: LiveTable, selection: Selection) -> tuple[str, ...]:
    """Return the live columns that the selection does not read."""
    declared = {column.source_name for column in selection.columns}
    return tuple(name for name in live.columns if name not in declared)


def index_advice(live: LiveTable, selection: Selection) -> str | None:
    """Return one warning with the CREATE INDEX to run, where there is a time column without an index."""
    if selection.time is None or live.time_is_indexed or live.kind not in {"r", "p", "m"}:
        return None
    time = quote(selection.time.source_name)
    how = "CREATE INDEX" if live.kind == "p" else "CREATE INDEX CONCURRENTLY"  # which a parent does not take
    return (
        f"table {live.name} has no index on its time column, so each partition scans it whole; "
        f"run: {how} ON {live.name.quoted} ({time})"
    )


def _text(value: str) -> str:
    return Literal(value).as_string(None)


def _difference(live: LiveTable, name: str, declared: str) -> str | None:
    found = live.columns.get(name)
    if found is None:
        return f"column {name!r} ({declared}) is missing"
    here, there = resolve(declared), resolve(found)
    if (here.family, here.arrow) == (there.family, there.arrow):
        return None
    return f"column {name!r} is {found}, declared is {declared}"
