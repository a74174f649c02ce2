"""A relation as the catalog has it: its kind, its columns with their types in `pg_types`' words, what people say of it.

How it differs from a declaration is `catalog.py`'s business.
"""

from dataclasses import dataclass

from adbc_driver_postgresql.dbapi import Cursor
from psycopg.sql import Literal

from export_pipeline.extract.names import TableName
from export_pipeline.extract.pg_types import has_own_entry

# Domains are followed down to their base type; an array is described by its item.
_RELATION = """
SELECT c.relkind::text, n.nspname::text, c.relname::text, obj_description(c.oid, 'pg_class'),
    a.attname::text, col_description(c.oid, a.attnum), has_column_privilege(c.oid, a.attnum, 'SELECT'),
    base.typname::text, base.typtype::text, item.typname::text, item.typtype::text, base.typmod
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN LATERAL (
    WITH RECURSIVE down AS (
        SELECT t.oid, t.typname, t.typtype, t.typelem, t.typcategory, t.typbasetype, a.atttypmod AS typmod, t.typtypmod
        FROM pg_type t WHERE t.oid = a.atttypid
        UNION ALL
        SELECT t.oid, t.typname, t.typtype, t.typelem, t.typcategory, t.typbasetype, down.typtypmod, t.typtypmod
        FROM down JOIN pg_type t ON t.oid = down.typbasetype AND down.typtype = 'd'
    )
    SELECT * FROM down WHERE typtype <> 'd'
) base ON true
LEFT JOIN pg_type item ON item.oid = base.typelem AND base.typcategory = 'A'
WHERE c.oid = to_regclass({name})
ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """One column; `comment` is empty where there is none."""

    name: str
    pg_type: str
    comment: str
    is_readable: bool
    """Whether the account may select it."""


@dataclass(frozen=True, slots=True)
class LiveRelation:
    """A relation and its columns in table order; `name` has its schema, whatever the search path is."""

    name: TableName
    kind: str
    """`pg_class.relkind`: r table, p partitioned parent, v view, m materialized view, f foreign table, and others."""
    comment: str
    columns: tuple[LiveColumn, ...]


def read_relation(cursor: Cursor, table: TableName) -> LiveRelation | None:
    """Return what the catalog has of `table`; None where there is no such relation."""
    cursor.execute(_RELATION.format(name=Literal(table.quoted).as_string(None)))
    rows = cursor.fetchall()
    if not rows:
        return None
    kind, schema, name, comment, *_ = rows[0]
    columns = tuple(
        LiveColumn(column, _type_in_words(*types), said or "", is_readable)
        for _, _, _, _, column, said, is_readable, *types in rows
        if column is not None  # a table without a column is one row
    )
    return LiveRelation(TableName(name, schema), kind, comment or "", columns)


def _type_in_words(name: str, kind: str, item: str | None, item_kind: str | None, typmod: int) -> str:
    if item is not None:
        return f"{_plain_name(item, item_kind)}[]"
    if kind == "e":
        return "enum"
    if name == "numeric" and typmod > 0:
        precision, scale = (typmod - 4) >> 16 & 0xFFFF, (typmod - 4) & 0x7FF
        return f"numeric({precision},{scale})"
    return _plain_name(name, kind)


def _plain_name(name: str, kind: str | None) -> str:
    """Return the name of a type, not to be taken for a base type where somebody's composite or domain is called so."""
    return name if kind == "b" or not has_own_entry(name) else f"somebody's {name}"
