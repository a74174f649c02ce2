"""The one table of types, held against a real server: what is selected, what arrives, what it is in Arrow."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.pg_types import resolve
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.selection import SelectedColumn, Selection, TimeColumn
from export_pipeline.extract.snapshot import open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline_tests.conftest import RunSql

# Type, a value in SQL, and what must be published for it.
VALUES: list[tuple[str, str, Any]] = [
    ("bool", "true", True),
    ("int2", "-32768", -32768),
    ("int4", "2147483647", 2147483647),
    ("int8", "9223372036854775807", 9223372036854775807),
    ("float8", "5e-324", 5e-324),
    ("float8", "'-0'", -0.0),
    ("float4", "0.1", 0.10000000149011612),
    ("text", "E'\\uffff\\u2028\\r\\x01 e\\u0301  '", "\uffff\u2028\r\x01 e\u0301  "),
    ("varchar", "''", ""),
    ("bpchar", "'ab'", "ab"),
    ("bytea", "'\\x00ff'", b"\x00\xff"),
    ("date", "'1582-10-10'", datetime(1582, 10, 10).date()),  # noqa: DTZ001 - a date has no zone
    ("timestamp", "'2026-11-20 05:00:00.123456'", datetime(2026, 11, 20, 5, 0, 0, 123456)),  # noqa: DTZ001 - naive
    ("timestamptz", "'2026-11-20 05:00+02'", datetime(2026, 11, 20, 3, tzinfo=UTC)),
    ("numeric(38,10)", "'9999999999999999999999999999.9999999999'", Decimal("9999999999999999999999999999.9999999999")),
    ("numeric(5,2)", "1.10", Decimal("1.10")),
    ("numeric", "1.10", "1.10"),
    ("numeric", "'NaN'", "NaN"),
    ("numeric", "repeat('9',200)::numeric", "9" * 200),
    ("json", """'{"a":1,"a":2,"n":1e400}'""", '{"a":1,"a":2,"n":1e400}'),
    ("jsonb", "'null'", "null"),
    ("inet", "'10.0.0.1/32'", "10.0.0.1"),
    ("inet", "'::ffff:1.2.3.4/96'", "::ffff:1.2.3.4/96"),
    ("cidr", "'10.0.0.0/8'", "10.0.0.0/8"),
    ("uuid", "'00000000-0000-0000-0000-000000000000'", "00000000-0000-0000-0000-000000000000"),
    ("interval", "'1 mon -2 days 03:00'", "1 mon -2 days +03:00:00"),
    ("time", "'24:00:00'", "24:00:00"),
    ("timetz", "'23:59:59.999999+15:59:59'", "23:59:59.999999+15:59:59"),
    ("money", "'-92233720368547758.08'", "-92233720368547758.08"),
    ("oid", "4294967295", "4294967295"),
    ("macaddr8", "'08:00:2b:01:02:03:04:05'", "08:00:2b:01:02:03:04:05"),
    ("bit(3)", "B'101'", "101"),
    ("int4range", "'empty'", "empty"),
    ("point", "'(1,2)'", "(1,2)"),
    ("tsvector", "'a b'", "'a' 'b'"),
    ("text[]", """'{"NULL",NULL,"","a,b"}'""", ["NULL", None, "", "a,b"]),
    ("int4[]", "'{}'", []),
    ("uuid[]", "'{00000000-0000-0000-0000-000000000000}'", "{00000000-0000-0000-0000-000000000000}"),
]


def read_column(url: str, sql: RunSql, pg_type: str, values: list[str]) -> list[Any]:
    """Return `values` of `pg_type`, written in SQL, as one Arrow column has them."""
    sql(url, f"create table t (id int, v {pg_type})")
    for number, value in enumerate(values):
        sql(url, f"insert into t values ({number}, {value})")
    columns = (SelectedColumn("id", "id", "int4"), SelectedColumn("v", "v", pg_type))
    selection = Selection(TableName("t"), columns, TimeColumn("at", "timestamp"), ("id",))
    with open_snapshot(Source(url), [(selection.table, "id")], "t") as snapshot:
        batches = list(read_batches(snapshot, selection, BatchLimits()))
    return [row["v"] for row in sorted(pa.Table.from_batches(batches).to_pylist(), key=lambda row: row["id"])]


@pytest.mark.parametrize(("pg_type", "value", "published"), VALUES, ids=[f"{t}-{v[:24]}" for t, v, _ in VALUES])
def test_every_value_arrives_exactly(
    pg_type: str, value: str, published: object, empty_source_url: str, sql: RunSql
) -> None:
    read, null = read_column(empty_source_url, sql, pg_type, [value, "NULL"])
    assert (read, null) == (published, None)
    assert str(read) == str(published)  # -0.0 equals 0.0, but is not it


def test_json_text_keeps_its_digits(empty_source_url: str, sql: RunSql) -> None:
    digits = "12345678901234567890.123456789012345678901234567890"
    (read,) = read_column(empty_source_url, sql, "jsonb", [f"""'{{"n": {digits}}}'"""])
    assert digits in read
    assert json.loads(read)


def test_an_unknown_type_travels_as_text() -> None:
    assert resolve("tsvector").template == "{}::text"
    assert resolve("tsvector").arrow == pa.string()


def test_a_bounded_numeric_is_a_decimal_up_to_38_digits() -> None:
    assert resolve("numeric(38,10)").arrow == pa.decimal128(38, 10)
    assert resolve("numeric(50,5)").arrow == pa.string()
    assert resolve("numeric(3,-2)").arrow == pa.string()


def test_a_column_without_a_type_is_refused() -> None:
    with pytest.raises(ConfigError, match="int4"):
        resolve("")
