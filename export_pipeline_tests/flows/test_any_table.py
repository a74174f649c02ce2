"""Any table of the source, in every format: exactly its rows, whatever it is called, holds, or is made of."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from psycopg import sql as pgsql

from export_pipeline.errors import ConfigError, UnrepresentableValueError
from export_pipeline.extract.selection import Window
from export_pipeline.write.formats.parquet import read_batches
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.changes.kinds import KINDS, Kind
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.one_off import OneOff

DAY = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
_EVERY_TYPE = Path(__file__).with_name("every_type.sql")


@pytest.fixture
def one_off(source_url: str, tmp_path: Path) -> OneOff:
    return OneOff(source_url, tmp_path)


@pytest.fixture
def every_type(one_off: OneOff, sql: RunSql) -> OneOff:
    """Give a database with the table `every_type`: a row of values, one of other values, one of NULLs."""
    for statement in _EVERY_TYPE.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            sql(one_off.url, statement)
    return one_off


def json_rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def loaded_back(url: str, table: str, file: Path) -> list[tuple[Any, ...]]:
    """Load a CSV file into a table of the same columns; return the rows that differ between the two."""
    original, copy = pgsql.Identifier(table), pgsql.Identifier("loaded_back")
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(pgsql.SQL("create table {} (like {})").format(copy, original))
        with cursor.copy(pgsql.SQL("copy {} from stdin (format csv, header)").format(copy)) as into:
            into.write(file.read_bytes())
        only_in = "select {}::text from {} except all select {}::text from {}"
        query = pgsql.SQL(f"({only_in}) union all ({only_in})")
        return cursor.execute(query.format(*[original] * 2, *[copy] * 4, *[original] * 2)).fetchall()


def test_every_type_is_loaded_back_from_csv_as_it_was(every_type: OneOff) -> None:
    file, outcome = every_type.run(every_type.table("every_type"), "csv")
    assert outcome.manifest.row_count == 3
    assert loaded_back(every_type.url, "every_type", file) == []


def test_every_type_is_the_same_in_parquet(every_type: OneOff, tmp_path: Path) -> None:
    dataset = every_type.table("every_type")
    text, _ = every_type.run(dataset, "csv")
    file, _ = every_type.run(dataset, "parquet")
    with (tmp_path / "again.csv").open("wb") as sink:
        reader = read_batches(file)
        writer = FORMATS["csv"].open(sink, reader.schema)
        for batch in reader:
            writer.write(batch)
        writer.close()
    assert (tmp_path / "again.csv").read_bytes() == text.read_bytes()


@pytest.mark.parametrize("format_name", ["json", "jsonl"])
def test_every_type_is_the_same_in_json(every_type: OneOff, format_name: str) -> None:
    dataset = every_type.table("every_type")
    file, _ = every_type.run(dataset, format_name)
    rows = json.loads(file.read_bytes()) if format_name == "json" else json_rows(file)
    assert [list(row) for row in rows] == [dataset.published_schema.names] * 3
    told = {row["an_int4"]: row for row in rows}
    assert set(told[None].values()) == {None}
    assert told[7]["a_timestamp"] == "2026-11-20T05:00:00.123456"
    assert told[7]["a_timestamptz"] == "2026-11-20T04:00:00.123456Z"
    assert told[7]["a_jsonb"] == {"a": [1, None]}
    assert told[7]["an_enum"] == "it's sad"
    assert told[7]["a_composite"] == '(1,"a ""b"", c")'
    assert told[7]["a_misleading_type"] == "(2026)"
    assert told[7]["some_text"] == ["a", None, ""]


def test_times_without_a_zone_stay_without(every_type: OneOff) -> None:
    schema = every_type.table("every_type").published_schema
    assert schema.field("a_timestamp").type == pa.timestamp("us")
    assert schema.field("a_timestamptz").type == pa.timestamp("us", "UTC")


@pytest.mark.parametrize("format_name", ["parquet", "csv", "json", "jsonl"])
def test_odd_names_are_names(one_off: OneOff, sql: RunSql, format_name: str) -> None:
    names = ['weird "name"', "a.b", "a", "A", "back\\slash", "new\nline", "^a$", "*", "🙂", "%s {}", "x" * 63, " "]
    columns = ", ".join(pgsql.Identifier(name).as_string(None) + " int" for name in names)
    sql(one_off.url, 'create schema "Odd.Schema"')
    sql(one_off.url, f'create table "Odd.Schema"."My ""odd"" 🙂.table" ({columns})')
    numbers = ", ".join(map(str, range(len(names))))
    sql(one_off.url, f'insert into "Odd.Schema"."My ""odd"" 🙂.table" values ({numbers})')
    dataset = one_off.table('"Odd.Schema"."My ""odd"" 🙂.table"')
    assert dataset.published_schema.names == names
    file, outcome = one_off.run(dataset, format_name)
    assert outcome.manifest.row_count == 1
    if format_name == "jsonl":
        assert json_rows(file) == [dict(zip(names, range(len(names)), strict=True))]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_of_table_is_exported_whole(one_off: OneOff, sql: RunSql, kind: Kind, tmp_path: Path) -> None:
    wanted = sql(one_off.url, "select id from anomaly_records order by id")
    reader = OneOff(kind.make(one_off.url, sql), tmp_path)
    file, outcome = reader.run(reader.table("seen"), "jsonl")
    assert sorted(row["id"] for row in json_rows(file)) == [number for (number,) in wanted]
    assert outcome.manifest.source_count == len(wanted)


def test_leaves_that_differ_give_what_their_parent_has(one_off: OneOff, sql: RunSql) -> None:
    for statement in (
        "create table tree (id int, gone int, name text) partition by list (id)",
        "create table leaf_1 partition of tree for values in (1)",
        "create table leaf_2 (extra int, name text, gone int, id int)",
        "alter table leaf_2 drop column extra",
        "alter table tree attach partition leaf_2 for values in (2)",
        "alter table tree drop column gone",
        "alter table tree add column late text default 'd'",
        "insert into tree values (1, 'a'), (2, 'b')",
    ):
        sql(one_off.url, statement)
    file, outcome = one_off.run(one_off.table("tree"))
    rows = sorted(json_rows(file), key=lambda row: row["id"])
    assert rows == [{"id": 1, "name": "a", "late": "d"}, {"id": 2, "name": "b", "late": "d"}]
    assert outcome.manifest.source_count == 2


def test_a_catalog_of_the_server_is_a_table_like_others(one_off: OneOff) -> None:
    file, outcome = one_off.run(one_off.table("pg_catalog.pg_stats"))
    assert outcome.manifest.row_count == len(json_rows(file)) > 0


def test_columns_that_may_not_be_read_are_left_out_with_a_warning(one_off: OneOff, sql: RunSql, tmp_path: Path) -> None:
    name = one_off.url.rsplit("/", 1)[1]
    sql(one_off.url, f"create role half_{name} login password 'half'")
    sql(one_off.url, "create table half (id int primary key, secret text, shown text)")
    sql(one_off.url, "insert into half values (1, 's', 'x')")
    sql(one_off.url, f"grant select (shown) on half to half_{name}")
    reader = OneOff(one_off.url.replace(one_off.url.split("//")[1].split("@")[0], f"half_{name}:half"), tmp_path)
    dataset = reader.table("half")
    assert dataset.key == ()
    file, outcome = reader.run(dataset)
    assert json_rows(file) == [{"shown": "x"}]
    assert outcome.warnings == (
        "table public.half has columns that are not exported: id, secret; the account may not read id, secret",
    )


@pytest.mark.parametrize(("limit", "rows"), [(0, 0), (1, 1), (7, 7), (100_000, 100)])
def test_a_limit_gives_the_first_rows_and_counts_them(one_off: OneOff, limit: int, rows: int) -> None:
    file, outcome = one_off.run(one_off.table("anomaly_records"), limit=limit)
    assert (outcome.manifest.source_count, len(json_rows(file))) == (rows, rows)


def test_a_limit_hides_no_list_that_arrow_cannot_hold(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "create table deep as select 1 as id, array[array[1, 2]] as numbers")
    with pytest.raises(UnrepresentableValueError, match="several dimensions"):
        one_off.run(one_off.table("deep"), limit=1)


def test_a_span_is_cut_by_the_time_column_that_is_named(one_off: OneOff, sql: RunSql) -> None:
    day = "\"timestamp\" >= '2026-11-20' and \"timestamp\" < '2026-11-21'"
    (wanted,) = sql(one_off.url, f"select count(*) from anomaly_records where {day}")[0]
    dataset = one_off.table("anomaly_records", "timestamp")
    _, outcome = one_off.run(dataset, window=DAY)
    assert outcome.manifest.row_count == wanted > 0


def test_a_span_without_a_time_column_is_refused_with_those_there_are(one_off: OneOff) -> None:
    said = "table public.anomaly_records has no time column; name one with time_column, it has timestamp, created_at"
    with pytest.raises(ConfigError, match=said):
        one_off.run(one_off.table("anomaly_records"), window=DAY)


@pytest.mark.system
def test_xml_is_text(older_source_url: str, sql: RunSql, tmp_path: Path) -> None:
    """The embedded server is built without it."""
    sql(older_source_url, "create table pages as select '<a b=\"c\">d &amp; e</a>'::xml as page")
    one_off = OneOff(older_source_url, tmp_path)
    file, _ = one_off.run(one_off.table("pages"))
    assert json_rows(file) == [{"page": '<a b="c">d &amp; e</a>'}]
