"""Whether a dataset's tables are there, of which kind they are, and whether the account may read them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.sql import Literal

from export_pipeline.extract.names import TableName, quote
from export_pipeline.extract.snapshot import Snapshot
from export_pipeline.preflight.finding import Finding, failed, ok, warning
from export_pipeline.preflight.relations import KINDS, Relation, find_relation, list_relations, near_names, with_columns

_WITHOUT_XMIN: Final = frozenset({"v", "f"})

_PRIVILEGES = """
SELECT r.rolname::text, has_table_privilege({oid}::oid, 'SELECT'),
    NOT r.rolsuper AND has_table_privilege({oid}::oid, 'INSERT, UPDATE, DELETE, TRUNCATE'),
    row_security_active({oid}::oid),
    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = {oid}::oid AND a.attnum > 0
        AND NOT a.attisdropped AND a.attname = ANY (ARRAY[{columns}]::text[])
        AND NOT has_column_privilege({oid}::oid, a.attnum, 'SELECT'))
FROM pg_roles r WHERE r.rolname = current_user
"""

_COLUMNS = "SELECT attname::text FROM pg_attribute WHERE attrelid = {oid}::oid AND attnum > 0 AND NOT attisdropped"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A table to read `columns` of; `setting` is the variable that names it, `mapping` its column map where joined."""

    subject: str
    table: TableName
    columns: Sequence[str]
    setting: str
    mapping: str | None = None


def check_table(snapshot: Snapshot, wanted: Wanted) -> Iterator[Finding]:
    """Look for the table, and for the right to read its columns."""
    relations = list_relations(snapshot, wanted.table)
    relation = find_relation(relations, wanted.table)
    if relation is None:
        near = near_names(relations, wanted.table)
        if not wanted.mapping:  # many tables have an id and a name
            near = near or with_columns(snapshot, wanted.columns)
        yield _missing(wanted, near)
    elif not relation.schema_is_open:
        yield failed(
            wanted.subject,
            f"{relation.name}: the account may not use the schema",
            f"GRANT USAGE ON SCHEMA {quote(str(relation.name.schema))} TO {_user(snapshot)};",
        )
    else:
        yield _check_joined(snapshot, wanted, relation) if wanted.mapping else _kind(wanted, relation)
        yield _check_privileges(snapshot, wanted, relation)


def _missing(wanted: Wanted, near: Sequence[TableName]) -> Finding:
    found = f"{wanted.table} is not in the database, or not on the account's search_path"
    if near:
        found = f"{found}; there is {', '.join(map(str, near))}"
    value = _shell(near[0]) if near else "schema.name"
    return failed(wanted.subject, found, f"{wanted.setting}={value}")


def _shell(name: TableName) -> str:
    """Return the name as a setting's value: plain where it can be, else quoted for SQL and the shell."""
    parts = [part for part in (name.schema, name.name) if part]
    is_plain = all(part.isidentifier() and part.isascii() for part in parts)
    return ".".join(parts) if is_plain else f"'{name.quoted}'"


def _kind(wanted: Wanted, relation: Relation) -> Finding:
    kind, found = KINDS[relation.kind], f"{relation.name}, a {KINDS[relation.kind]}"
    if relation.kind in _WITHOUT_XMIN:
        return warning(
            wanted.subject,
            f"{found}: it does not show which transactions wrote its rows, so changes are found by a digest of all",
            f"name the table below the {kind} where there is one; docs/sources.md says what else that means",
        )
    return ok(wanted.subject, found)


def _check_joined(snapshot: Snapshot, wanted: Wanted, relation: Relation) -> Finding:
    """Look for the columns, which of a dataset's own table `columns.py` compares."""
    there = [str(name) for (name,) in snapshot.rows(_COLUMNS.format(oid=relation.oid))]
    found = f"{relation.name}, a {KINDS[relation.kind]}"
    if missing := [column for column in wanted.columns if column not in there]:
        return failed(
            wanted.subject,
            f"{found}, has no column {', '.join(missing)}; its columns are {', '.join(there)}",
            f"say which they are: {wanted.mapping}='{json.dumps(dict.fromkeys(missing, '…'), ensure_ascii=False)}'",
        )
    return ok(wanted.subject, found)


def _check_privileges(snapshot: Snapshot, wanted: Wanted, relation: Relation) -> Finding:
    subject, columns = f"{wanted.subject} privileges", ", ".join(_text(column) for column in wanted.columns)
    ((user, may_read, may_write, is_filtered, refused),) = snapshot.rows(
        _PRIVILEGES.format(oid=relation.oid, columns=columns)
    )
    account, table = quote(str(user)), relation.name.quoted
    grant = f"GRANT SELECT ON {table} TO {account};"
    if is_filtered:
        return failed(
            subject,
            f"row-level security would hide rows of {relation.name} from {user}, so nothing would be exported",
            f"ALTER ROLE {account} BYPASSRLS; -- by a superuser",
        )
    if not may_read and refused:
        return failed(subject, f"{user} may not read {', '.join(_texts(refused))} of {relation.name}", grant)
    if not may_read and not wanted.mapping:
        return warning(
            subject,
            f"{user} may read the declared columns only, so it cannot be seen which transactions wrote the rows, "
            "and changes are found by a digest of all",
            grant,
        )
    if may_write:
        revoke = f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {account};"
        return warning(subject, f"{user} may change rows, which no export needs", f"{revoke} -- or use another account")
    return ok(subject, f"{user} may read it, and nothing else")


def _texts(array: object) -> list[str]:
    return [str(item) for item in array] if isinstance(array, (list, tuple)) else []


def _text(value: str) -> str:
    return Literal(value).as_string(None)


def _user(snapshot: Snapshot) -> str:
    ((user,),) = snapshot.rows("SELECT current_user::text")
    return quote(str(user))
