"""What is found out about a relation and all tables below it: who wrote its rows, which indexes it has."""

import pytest

from export_pipeline.extract.catalog import LiveTable, index_advice
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import SelectedColumn, Selection, TimeColumn
from export_pipeline.extract.snapshot import open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline_tests.conftest import RunSql

COLUMNS = (SelectedColumn("id", "id", "int4"), SelectedColumn("at", "at", "timestamp"))
SELECTION = Selection(TableName("t"), COLUMNS, TimeColumn("at", "timestamp"), ("id",))
PARTITIONED = (
    "create table t (id int, at timestamp) partition by range (at)",
    "create table t1 partition of t for values from (minvalue) to ('2026-11-20')",
    "create table t2 partition of t for values from ('2026-11-20') to (maxvalue)",
)
INHERITED = ("create table t (id int primary key, at timestamp)", "create table t1 () inherits (t)")


def describe(url: str) -> LiveTable:
    with open_snapshot(Source(url), [(SELECTION.table, "id")], "t") as snapshot:
        return snapshot.describe(SELECTION)


@pytest.mark.parametrize(
    ("indexes", "is_indexed"),
    [
        ((), False),
        (("create index on t1 (at)",), False),
        (("create index on t1 (at)", "create index on t2 (at)"), True),
        (("create index on t (at)",), True),
        (("create index on t (at) where id > 5",), False),
        (("create index on t (id, at)",), False),
        (("create index on t ((id + 1), at)",), False),
    ],
)
def test_a_parent_is_indexed_where_all_of_its_partitions_are(
    empty_source_url: str, sql: RunSql, indexes: tuple[str, ...], *, is_indexed: bool
) -> None:
    for statement in (*PARTITIONED, *indexes):
        sql(empty_source_url, statement)
    assert describe(empty_source_url).time_is_indexed is is_indexed


def test_the_advice_for_a_parent_can_be_run(empty_source_url: str, sql: RunSql) -> None:
    for statement in PARTITIONED:
        sql(empty_source_url, statement)
    advice = index_advice(describe(empty_source_url), SELECTION)
    assert advice is not None
    sql(empty_source_url, advice.split("run: ")[1])
    assert index_advice(describe(empty_source_url), SELECTION) is None


@pytest.mark.parametrize(
    ("statements", "is_unique"),
    [
        ((*PARTITIONED, "alter table t add unique (id, at)"), False),
        ((*PARTITIONED, "create unique index on t1 (id)"), False),
        (INHERITED[:1], True),
        (INHERITED, False),
    ],
    ids=["more than the key", "one partition only", "alone", "inherited"],
)
def test_a_key_is_unique_only_over_the_whole_tree(
    empty_source_url: str, sql: RunSql, statements: tuple[str, ...], *, is_unique: bool
) -> None:
    for statement in statements:
        sql(empty_source_url, statement)
    assert describe(empty_source_url).key_is_unique is is_unique


@pytest.mark.parametrize(
    ("grant", "has_xmin"),
    [
        ("select on t", True),
        ("select (id, at) on t", False),
        ("select (id, at, xmin) on t", False),
        ("select (id, at, xmin, tableoid) on t", True),
    ],
)
def test_who_wrote_a_row_is_seen_with_the_right_to_see_it(
    empty_source_url: str, sql: RunSql, grant: str, *, has_xmin: bool
) -> None:
    name = empty_source_url.rpartition("/")[2]
    for statement in (*PARTITIONED, f"create role r_{name} login password 'p'", f"grant {grant} to r_{name}"):
        sql(empty_source_url, statement)
    address = empty_source_url.partition("@")[2]
    assert describe(f"postgresql://r_{name}:p@{address}").has_xmin is has_xmin
