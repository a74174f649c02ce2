"""Looks at a table that nobody declared: what may be read of it, and what tells its rows apart."""

import difflib
from collections.abc import Sequence
from typing import Final

from adbc_driver_postgresql.dbapi import Cursor
from psycopg.sql import Literal

from export_pipeline.errors import ConfigError, SourceAccessError
from export_pipeline.extract.live_relation import LiveRelation, read_relation
from export_pipeline.extract.names import TableName

_READABLE: Final = frozenset("rpvmf")
_KINDS: Final = {"i": "an index", "I": "an index", "S": "a sequence", "c": "a composite type", "t": "a TOAST table"}

# The first of the unique indexes over columns that are never NULL: the primary key, else the one of fewest columns.
# With tables that inherit from it, an index of the parent says nothing about their rows; partitions have it themselves.
_KEY = """
SELECT a.attname::text
FROM (
    SELECT i.* FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
    WHERE c.oid = to_regclass({name}) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
        AND (c.relkind <> 'r' OR NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid))
        AND NOT EXISTS (SELECT FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
            WHERE place <= i.indnkeyatts AND NOT a.attnotnull)
    ORDER BY i.indisprimary DESC, i.indnkeyatts, x.relname LIMIT 1
) AS chosen
CROSS JOIN LATERAL unnest(chosen.indkey) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute a ON a.attrelid = chosen.indrelid AND a.attnum = k.number
WHERE place <= chosen.indnkeyatts
ORDER BY place
"""
_OTHERS = """
SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY 1, 2 LIMIT 10000
"""


def look_at_table(cursor: Cursor, table: TableName) -> LiveRelation:
    """Return the relation with those of its columns that the account may read, one or more.

    Raises: SourceAccessError (no such table, or nothing of it may be read), ConfigError for what holds no rows.
    """
    relation = read_relation(cursor, table)
    if relation is None:
        raise SourceAccessError(f"table {table} is not in the source{_similar(cursor, table)}")
    if relation.kind not in _READABLE:
        raise ConfigError(f"{table} is {_KINDS.get(relation.kind, 'no table')}; name a table or a view")
    if not relation.columns:
        raise ConfigError(f"table {table} has no columns, so there is nothing to export")
    if not any(column.is_readable for column in relation.columns):
        raise SourceAccessError(f"this account may read no column of {table}; GRANT SELECT ON {table.quoted} to it")
    return relation


def key_of(cursor: Cursor, table: TableName) -> Sequence[str]:
    """Return the columns that the server keeps unique and not NULL; none where it keeps none."""
    cursor.execute(_KEY.format(name=Literal(table.quoted).as_string(None)))
    return [name for (name,) in cursor.fetchall()]


def _similar(cursor: Cursor, table: TableName) -> str:
    cursor.execute(_OTHERS)
    others = {str(other): other for schema, name in cursor.fetchall() for other in [TableName(name, schema)]}
    namesakes = [text for text, other in others.items() if other.name == table.name]
    close = (namesakes or difflib.get_close_matches(str(table), others))[:3]
    return f"; did you mean {' or '.join(others[one].written for one in close)}?" if close else "; check its name"
