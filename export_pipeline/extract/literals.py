"""Values in SQL: quoted literals with an explicit cast, never bound parameters."""

from collections.abc import Iterable

from psycopg.sql import Literal


def literal(value: str, pg_type: str) -> str:
    """Return `value` as a quoted SQL literal with an explicit cast to `pg_type`."""
    return f"{Literal(value).as_string(None)}::{pg_type}"


def array(values: Iterable[str], pg_type: str) -> str:
    """Return `values` as an SQL array of `pg_type`."""
    return f"ARRAY[{', '.join(Literal(value).as_string(None) for value in values)}]::{pg_type}[]"
