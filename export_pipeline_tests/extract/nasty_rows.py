"""A table of values that are hard to compare, and filters over it: for the server and for Arrow to agree on."""

import random
from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Final

import psycopg
from hypothesis import strategies as st

from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import SelectedColumn, Selection, TimeColumn
from export_pipeline.filters.condition import NULL_OPERATORS, AllOf, AnyOf, Condition, Filter, Operator
from export_pipeline.filters.patterns import complaint

TEXTS: Final = [
    "", " ", "a", "A", "a ", "ab", "aB", "ä", "Ä", "ß", "z", "é", "e\u0301", "%", "_", "a%b", "a_b", "axb", "\\", "a\\",
    "\\%", "a\\b", "'", "''", "it's", '"', "'; drop table nasty;--", "null", "NULL", "10", "9", "1.0", "-1", "true",
    "😀", "a😀b", "\U0010ffff", "\uffff", "\ufffd", "line\nbreak", "tab\t", "$1", "?", "%s", "{}", "E'\\n'", "Z", "İ",
    "\u0131", "\u212a", "\u017f", "{1,2}", "a.b", "(a|b)*",
]  # fmt: skip
PATTERNS: Final = [
    "%", "_", "a%", "%a", "%a%", "a_b", "a\\_b", "\\%", "\\\\", "\\a", "%\\\\%", "_😀_", "%\n%", ".*", "(a|b)*", "a%b%",
]  # fmt: skip
# Around the hours that Berlin and New York skip or have twice, and the ends of what is published.
TIMES: Final = [
    "0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2026-03-08 02:30:00", "2026-03-29 00:59:59.999999",
    "2026-03-29 01:00:00", "2026-03-29 01:59:59.999999", "2026-03-29 02:00:00", "2026-03-29 02:30:00",
    "2026-03-29 03:00:00", "2026-10-25 00:30:00", "2026-10-25 00:59:59.999999", "2026-10-25 01:00:00",
    "2026-10-25 01:30:00", "2026-10-25 01:59:59.999999", "2026-10-25 02:00:00", "2026-10-25 02:30:00",
    "2026-10-25 03:00:00", "2026-11-01 01:30:00", "2026-11-20 00:00:00", "2026-11-20 00:00:00.000001",
    "9999-12-31 23:59:59.999999",
]  # fmt: skip
FLOATS: Final = ["NaN", "Infinity", "-Infinity", "0", "-0", "1.1", "0.1", "1e-30", "3.4e38", "-2.5", "16777217"]
DOCUMENTS: Final = [
    "{}", "[]", "null", "1", '"text"', '{"a": null}', '{"a": 8}', '{"a": 8.0}', '{"a": 8e0}', '{"a": "8"}',
    '{"a": "x"}', '{"a": true}', '{"a": {"b": "x"}}', '{"a":  {"b":   [1, 2, {"c": "😀"}]}}',
    '{"a": [10, "ten", null]}',
    '{"a": ""}', '{"a": "\\u00e4\\n\\"\\\\"}', '{"a": -0.0}', '{"a": 123456789012345678901234567890.5}',
    '[{"a": 9}]', '{"a": "%_\\\\"}', '{"0": "key"}', '["item"]', '{"": "empty"}', '{"a": 7, "a": 9}',
    '{"a": "\\ud83d\\ude00"}',
]  # fmt: skip
IN_DOCUMENTS: Final = ["8", "8.00", "x", "true", "10", "ten", "9", "-0", "😀", "2.5", "[1, 2]"]

POOLS: Final[dict[str, tuple[str, list[str]]]] = {
    "n2": ("int2", ["-32768", "-1", "0", "5", "32767"]),
    "n4": ("int4", ["-2147483648", "0", "5", "6", "2147483647"]),
    "n8": ("int8", ["-9223372036854775808", "0", "5", "9223372036854775807"]),
    "f4": ("float4", [*FLOATS, "1.17549435e-38"]),
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
    "docb": ("jsonb", DOCUMENTS),
    "tags": ("text[]", ["{}", "{a,b}", "{NULL}"]),
}
FURTHER_VALUES: Final = {
    "num": ["1.0049999", "-1.0051", "5.0000", "1e2", "-0.0005"],
    "big": ["0.00000000001", "-0.00000000005", "1e-30"],
    "f4": ["1.1000000001", "-inf"],
    "at": ["2026-11-20", "2026-10-25T00:30:00Z", "2026-10-25 02:30+02:00", "2026-03-29T01:00Z", "2026-11-01T05:30Z"],
    "doc": IN_DOCUMENTS,
    "docb": IN_DOCUMENTS,
}
PATHS: Final = [("a",), ("a", "b"), ("a", "0"), ("a", "-1"), ("a", "b", "2", "c"), ("0",), ("0", "a"), ("",), ("none",)]
COLUMNS: Final = (
    SelectedColumn("number", "id", "int4"),
    *(SelectedColumn(name, f"{name}; --", pg_type) for name, (pg_type, _) in POOLS.items()),
)

_DECLARED: Final = {"padded": "char(4)", "kind": "nasty_kind"}
# Neither orders by code point, and one calls texts equal that differ in case alone.
ICU_COLLATIONS: Final = {"txt": 'COLLATE "folding"', "vc": 'COLLATE "en-x-icu"', "padded": 'COLLATE "en-x-icu"'}
_FOLDING: Final = "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
_AS_TEXT: Final = frozenset(
    {"text", "varchar", "bpchar", "name", "numeric", "inet", "uuid", "interval", "enum", "json", "jsonb"}
)
_NO_PATH: Final[tuple[str, ...]] = ()


def selection(zone: str, predicate: Filter | None = None) -> Selection:
    """Select the table, with the times that carry no zone read in `zone`."""
    time = TimeColumn("at; --", "timestamp", zone)
    return Selection(TableName("nasty"), COLUMNS, time, ("number",), predicate=predicate)


def create(url: str, rows: int = 250, collations: Mapping[str, str] = MappingProxyType({})) -> None:
    """Make the table: one row of NULLs, then rows that hold each value of each pool."""
    chosen = random.Random(7)  # the same rows each time
    names = ", ".join(
        f'"{name}; --" {_DECLARED.get(name, pg_type)} {collations.get(name, "")}'
        for name, (pg_type, _) in POOLS.items()
    )
    places = ", ".join(f"%s::{_DECLARED.get(name, pg_type)}" for name, (pg_type, _) in POOLS.items())
    with psycopg.connect(url, autocommit=True) as connection:
        if collations:
            connection.execute(_FOLDING)
        connection.execute("CREATE TYPE nasty_kind AS ENUM ('low', 'high', 'Mid')")
        connection.execute(f"CREATE TABLE nasty (id serial, {names})".encode())
        for row in range(rows):
            values = [
                None if row == 0 else pool[row - 1] if row <= len(pool) else chosen.choice([None, *pool])
                for _, pool in POOLS.values()
            ]
            connection.execute(f"INSERT INTO nasty VALUES (DEFAULT, {places})".encode(), values)


def conditions(name: str) -> Iterator[Condition]:
    """Yield every operator that `name` takes, with every value of its pool, at every path of a document."""
    pg_type, pool = POOLS[name]
    for path in [_NO_PATH, *PATHS] if pg_type in {"json", "jsonb"} else [_NO_PATH]:
        yield from (Condition(name, operator, (), path) for operator in sorted(NULL_OPERATORS))
        if pg_type == "text[]":
            continue
        values = [*pool, *FURTHER_VALUES.get(name, [])]
        yield from (Condition(name, operator, (value,), path) for operator, value in product(_singles(pg_type), values))
        for one, other in zip(values, values[2:] + values[:2], strict=True):
            yield from (Condition(name, operator, (one, other), path) for operator in _doubles(pg_type))
        if pg_type in _AS_TEXT:
            patterns = [pattern for pattern in [*values, *PATTERNS] if complaint(pattern) is None]
            yield from (Condition(name, Operator.LIKE, (pattern,), path) for pattern in patterns)


def filters() -> st.SearchStrategy[Filter]:
    """Give conditions of every column, joined by and/or."""
    leaves: st.SearchStrategy[Filter] = st.sampled_from(sorted(POOLS)).flatmap(
        lambda name: st.sampled_from(list(conditions(name)))
    )
    joined = st.sampled_from([AllOf, AnyOf])

    def join(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return st.builds(lambda kind, chosen: kind(chosen), joined, several)

    return st.recursive(leaves, join, max_leaves=4)


def _singles(pg_type: str) -> list[Operator]:
    ordered = [Operator.LT, Operator.LE, Operator.GT, Operator.GE]
    return [Operator.EQ, Operator.NE, *(ordered if pg_type != "bool" else [])]


def _doubles(pg_type: str) -> list[Operator]:
    return [Operator.IN, Operator.NOT_IN, *([Operator.BETWEEN] if pg_type != "bool" else [])]
