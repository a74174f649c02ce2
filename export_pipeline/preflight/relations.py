"""The relations of the source: whether a table is there, of which kind, and which ones have a name like it."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.sql import Literal

from export_pipeline.extract.names import TableName
from export_pipeline.extract.snapshot import Snapshot

KINDS: Final = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}

_NEAR: Final = 0.6

# The wanted name first; partitions of other tables last: a server may have very many.
_RELATIONS = """
SELECT n.nspname::text, c.relname::text, c.relkind::text, c.oid::bigint, pg_table_is_visible(c.oid),
    has_schema_privilege(n.oid, 'USAGE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.relname = {name} DESC, c.relispartition, n.nspname, c.relname
LIMIT 5000
"""

# At least half of the columns, whatever the relation is called.
_ALIKE = """
SELECT n.nspname::text, c.relname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND a.attname = ANY (ARRAY[{columns}]::text[])
GROUP BY 1, 2 HAVING count(*) * 2 >= {wanted}
ORDER BY count(*) DESC, 1, 2
LIMIT 3
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, or what stands for one."""

    name: TableName
    kind: str
    oid: int
    is_on_path: bool
    """Whether the account's search_path finds it without its schema."""
    schema_is_open: bool
    """Whether the account may use the schema."""


def list_relations(snapshot: Snapshot, wanted: TableName) -> list[Relation]:
    """Return the relations that a person could mean, those called like `wanted` first."""
    rows = snapshot.rows(_RELATIONS.format(name=Literal(wanted.name).as_string(None)))
    return [
        Relation(TableName(str(name), str(schema)), str(kind), int(str(oid)), bool(on_path), bool(is_open))
        for schema, name, kind, oid, on_path, is_open in rows
    ]


def find_relation(relations: Sequence[Relation], wanted: TableName) -> Relation | None:
    """Return the relation that `wanted` means to the server, if it is there."""
    for relation in relations:
        same = relation.name.name == wanted.name
        if same and (relation.name == wanted if wanted.schema else relation.is_on_path):
            return relation
    return None


def near_names(relations: Sequence[Relation], wanted: TableName) -> list[TableName]:
    """Return up to three relations that may have been meant: of this name elsewhere, or of a name like it."""
    names = list(dict.fromkeys(relation.name.name for relation in relations))
    near = difflib.get_close_matches(wanted.name, names, 3, _NEAR)
    return sorted(
        (relation.name for relation in relations if relation.name.name in near),
        key=lambda name: near.index(name.name),
    )[:3]


def with_columns(snapshot: Snapshot, columns: Sequence[str]) -> list[TableName]:
    """Return up to three relations that have most of `columns`, the best one first."""
    quoted = ", ".join(Literal(column).as_string(None) for column in columns)
    rows = snapshot.rows(_ALIKE.format(columns=quoted, wanted=len(columns)))
    return [TableName(str(name), str(schema)) for schema, name in rows]
