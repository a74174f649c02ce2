"""A table of values that are hard to compare, and filters over it: for the server and for Arrow to agree on."""

import json
import random
from typing import Final

import psycopg
from hypothesis import strategies as st

from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import SelectedColumn, Selection, TimeColumn
from export_pipeline.filters.condition import AllOf, AnyOf, Condition, Filter, Operator

TEXTS: Final = [
    "", " ", "a", "A", "a ", "ab", "aB", "ä", "Ä", "ß", "z", "é", "e\u0301", "%", "_", "a%b", "a_b", "axb", "\\", "a\\", "\\%",
    "a\\b", "'", "''", "it's", '"', "'; drop table nasty;--", "null", "NULL", "10", "9", "1.0", "-1", "true", "😀", "a😀b",
    "\U0010ffff", "\uffff", "\ufffd", "line\nbreak", "tab\t", "$1", "?", "%s", "{}", "E'\\n'", "Z", "İ", "ı", "K", "ſ", "{1,2}",
]  # fmt: skip
TIMES: Final = [
    "0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "2026-03-29 00:59:59.999999",
    "2026-03-29 01:00:00", "2026-03-29 01:59:59.999999", "2026-03-29 02:00:00", "2026-03-29 02:30:00", "2026-03-29 03:00:00",
    "2026-10-25 00:30:00", "2026-10-25 00:59:59.999999", "2026-10-25 01:00:00", "2026-10-25 01:30:00",
    "2026-10-25 01:59:59.999999", "2026-10-25 02:00:00", "2026-10-25 02:30:00", "2026-10-25 03:00:00",
    "2026-11-20 00:00:00", "2026-11-20 00:00:00.000001", "9999-12-31 23:59:59.999999",
]  # fmt: skip
FLOATS: Final = [
    "NaN", "Infinity", "-Infinity", "0", "-0", "1.1", "0.1", "1e-30", "3.4e38", "-2.5", "5", "1.17549435e-38", "16777217",
]  # fmt: skip
DOCUMENTS: Final = [
    "{}", "[]", "null", "1", '"text"', '{"a": null}', '{"a": 8}', '{"a": 8.0}', '{"a": 8e0}', '{"a": "8"}', '{"a": "x"}',
    '{"a": true}', '{"a": {"b": "x"}}', '{"a":  {"b":   [1, 2, {"c": "😀"}]}}', '{"a": [10, "ten", null]}', '{"a": ""}',
    '{"a": "\\u00e4\\n\\"\\\\"}', '{"a": -0.0}', '{"a": 123456789012345678901234567890.5}', '{"a": 1e400}', '[{"a": 9}]',
    '{"a": "%_\\\\"}', '{"0": "key"}', '["item"]', '{"": "empty"}', '{"a": 7, "a": 9}',
]  # fmt: skip

POOLS: Final[dict[str, tuple[str, list[str]]]] = {
    "n2": ("int2", ["-32768", "-1", "0", "5", "32767"]),
    "n4": ("int4", ["-2147483648", "0", "5", "6", "2147483647"]),
    "n8": ("int8", ["-9223372036854775808", "0", "5", "9223372036854775807"]),
    "f4": ("float4", FLOATS),
    "f8": ("float8", [*FLOATS, "1e300", "5e-324", "0.30000000000000004"]),
    "flag": ("bool", ["true", "false"]),
    "txt": ("text", TEXTS),
    "vc": ("varchar", TEXTS),
    "padded": ("bpchar", ["", "a", "ab", "AB", "abcd", "ä", "%", "a_b"]),
    "nm": ("name", ["", "a", "A", "pg_class", "😀"]),
    "day": ("date", ["0001-01-01", "1969-12-31", "2026-11-20", "9999-12-31"]),
    "at": ("timestamp", TIMES),
    "tz": ("timestamptz", [f"{time}+00" for time in TIMES]),
    "num": ("numeric(10,3)", ["0", "1.005", "-1.005", "9999999.999", "-9999999.999", "5", "0.001"]),
    "big": ("numeric(38,10)", ["0", "9999999999999999999999999999.9999999999", "-0.0000000001", "5"]),
    "free": ("numeric", ["0", "1.0", "1.00", "1e-40", "NaN", "10", "9"]),
    "addr": ("inet", ["10.0.0.1", "10.0.0.0/8", "::1", "9.9.9.9"]),
    "uid": ("uuid", ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]),
    "span": ("interval", ["1 day", "24 hours", "-1 mon"]),
    "kind": ("enum", ["low", "high", "Mid"]),
    "doc": ("json", DOCUMENTS),
    "docb": ("jsonb", [document for document in DOCUMENTS if "1e400" not in document]),
    "tags": ("text[]", ["{}", "{a,b}", "{NULL}"]),
}
_DECLARED: Final = {"padded": "char(4)", "kind": "nasty_kind"}
TEXT_COLUMNS: Final = frozenset({"txt", "vc", "padded", "nm", "free", "addr", "uid", "span", "kind", "doc", "docb"})
JSON_COLUMNS: Final = frozenset({"doc", "docb"})
PATHS: Final = [("a",), ("a", "b"), ("a", "0"), ("a", "-1"), ("a", "b", "2", "c"), ("0",), ("0", "a"), ("",), ("missing",)]
EXTRA: Final = {
    "num": ["1.0049999", "-1.0051", "5.0000", "1e2", "-0.0005"],
    "big": ["0.00000000001", "-0.00000000005", "1e-30"],
    "f4": ["1.1000000001", "-inf"],
    "at": ["2026-11-20", "2026-10-25T00:30:00Z", "2026-10-25 02:30+02:00", "2026-03-29T01:00Z", "2026-03-29 00:59:59.999999"],
    "doc": ["8", "8.00", "x", "true", "10", "ten", "9", "-0", "😀", "2.5", "0"],
    "docb": ["8", "8.00", "x", "true", "10", "ten", "9", "-0", "😀", "2.5", "0"],
}

COLUMNS: Final = (
    SelectedColumn("number", "id", "int4"),
    *(SelectedColumn(name, f"{name}; --", pg_type) for name, (pg_type, _) in POOLS.items()),
)


def selection(zone: str, predicate: Filter | None = None) -> Selection:
    return Selection(
        TableName("nasty"), COLUMNS, TimeColumn("at; --", "timestamp", zone), ("number",), predicate=predicate
    )


def create(url: str, rows: int = 250) -> None:
    """Make the table: NULLs alone, then each value at least once where there are rows enough."""
    chosen = random.Random(7)  # noqa: S311 - the same rows each time
    names = ", ".join(f'"{name}; --" {_DECLARED.get(name, pg_type)}' for name, (pg_type, _) in POOLS.items())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS nasty")
        connection.execute("DROP TYPE IF EXISTS nasty_kind")
        connection.execute("CREATE TYPE nasty_kind AS ENUM ('low', 'high', 'Mid')")
        connection.execute(f"CREATE TABLE nasty (id serial, {names})".encode())
        places = ", ".join(f"%s::{_DECLARED.get(name, pg_type)}" for name, (pg_type, _) in POOLS.items())
        for row in range(rows):
            values = [
                None if row == 0 or chosen.random() < 0.1 else pool[row % len(pool)] if row % 2 else chosen.choice(pool)
                for _, pool in POOLS.values()
            ]
            connection.execute(f"INSERT INTO nasty VALUES (DEFAULT, {places})".encode(), values)


def _condition(name: str, *, exact: bool) -> st.SearchStrategy[Condition]:
    pg_type, pool = POOLS[name]
    nulls = st.sampled_from([Operator.IS_NULL, Operator.IS_NOT_NULL]).map(lambda one: Condition(name, one))
    if pg_type == "text[]":
        return nulls
    value = st.sampled_from([*pool, *EXTRA.get(name, [])]).map(_without_plus)
    path = st.sampled_from(PATHS) if name in JSON_COLUMNS else st.just(())
    if pg_type == "json" and exact:
        path = st.just(())
    operators = [Operator.EQ, Operator.NE]
    if pg_type != "bool":
        operators += [Operator.LT, Operator.LE, Operator.GT, Operator.GE]
    one = st.builds(lambda operator, value, path: Condition(name, operator, (value,), path), st.sampled_from(operators), value, path)
    several = st.builds(
        lambda operator, values, path: Condition(name, operator, tuple(values), path),
        st.sampled_from([Operator.IN, Operator.NOT_IN]),
        st.lists(value, min_size=1, max_size=4),
        path,
    )
    between = st.builds(lambda low, high, path: Condition(name, Operator.BETWEEN, (low, high), path), value, value, path)
    null_path = st.builds(lambda operator, path: Condition(name, operator, (), path), st.sampled_from([Operator.IS_NULL, Operator.IS_NOT_NULL]), path)
    found = one | several | null_path
    if pg_type != "bool":
        found |= between
    if name in TEXT_COLUMNS:
        found |= st.builds(lambda pattern, path: Condition(name, Operator.LIKE, (pattern,), path), PATTERNS, path)
    return found


def _without_plus(text: str) -> str:
    return text


PATTERNS: Final = (
    st.lists(st.sampled_from(["%", "_", "a", "b", "\\%", "\\_", "\\\\", "\\a", "😀", "A", "'", ".", "*", "\n", "8", "1"]), max_size=5)
    .map("".join)
)  # fmt: skip


def filters(*, exact: bool = True) -> st.SearchStrategy[Filter]:
    """Conditions on every column, joined by and/or; `exact` leaves out what is not pushed into SQL."""
    leaves: st.SearchStrategy[Filter] = st.sampled_from(list(POOLS)).flatmap(lambda name: _condition(name, exact=exact))
    return st.recursive(
        leaves,
        lambda parts: st.builds(
            lambda kind, several: kind(tuple(several)), st.sampled_from([AllOf, AnyOf]), st.lists(parts, min_size=2, max_size=3)
        ),
        max_leaves=4,
    )


def as_text(document: object) -> str:
    return json.dumps(document)
