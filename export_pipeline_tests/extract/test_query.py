"""SQL out of selections: quoting, windows, and values that stay values whatever is in them."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.errors import ConfigError
from export_pipeline.extract.literals import literal
from export_pipeline.extract.names import TableName
from export_pipeline.extract.query import (
    copy_query,
    count_query,
    special_time_columns,
    special_times_query,
    window_predicates,
)
from export_pipeline.extract.selection import Join, SelectedColumn, Selection, SpecialTimes, TimeColumn, Window
from export_pipeline_tests.conftest import RunSql

SELECTION = Selection(
    TableName('Or"der; DROP'),
    (
        SelectedColumn("id", "ID", "int4"),
        SelectedColumn("at", "when", "timestamp"),
        SelectedColumn("tags", "tags", "text[]"),
    ),
    TimeColumn("when", "timestamp"),
    ("id",),
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_columns_come_in_order_under_their_published_names() -> None:
    assert copy_query(SELECTION) == 'SELECT "ID" AS "id", "when" AS "at", "tags" AS "tags" FROM "Or""der; DROP"'


def test_a_window_is_half_open() -> None:
    assert window_predicates(SELECTION, Window(NOON, NOON)) == [
        "\"when\" >= '2026-11-20 12:00:00.000000'::timestamp",
        "\"when\" < '2026-11-20 12:00:00.000000'::timestamp",
    ]


def test_an_open_side_has_no_condition() -> None:
    assert window_predicates(SELECTION, Window(start=NOON)) == ["\"when\" >= '2026-11-20 12:00:00.000000'::timestamp"]


def test_a_column_of_days_is_compared_with_the_very_time() -> None:
    days = replace(SELECTION, time=TimeColumn("day", "date"))
    assert window_predicates(days, Window(start=NOON)) == ["\"day\" >= '2026-11-20 12:00:00.000000'::timestamp"]
    assert window_predicates(SELECTION, Window()) == []


def test_bounds_are_told_in_the_zone_of_a_column_without_one() -> None:
    assert TimeColumn("at", "timestamp", "Europe/Berlin").bound(NOON) == "2026-11-20 13:00:00.000000"
    assert TimeColumn("at", "timestamptz", "Europe/Berlin").bound(NOON) == "2026-11-20 12:00:00.000000+00:00"


def test_the_count_looks_at_lists_that_arrow_cannot_hold() -> None:
    assert 'array_ndims("tags") > 1' in count_query(SELECTION, with_xmin=False)


def test_special_times_are_replaced_only_when_asked() -> None:
    nulled = Selection(SELECTION.table, SELECTION.columns, SELECTION.time, ("id",), special_times=SpecialTimes.NULL)
    assert "CASE WHEN" in copy_query(nulled)
    assert "CASE WHEN" not in copy_query(SELECTION)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_is_a_value_to_the_server(server_sql: tuple[str, RunSql], text: str) -> None:
    url, sql = server_sql
    assert sql(url, f"select {literal(text, 'text')}") == [(text,)]


def test_a_time_column_of_another_type_is_refused() -> None:
    with pytest.raises(ConfigError, match="use one of timestamp, timestamptz, date"):
        TimeColumn("at", "int4")


def test_a_span_of_a_table_without_times_is_refused_with_the_columns_that_could_place_it() -> None:
    timeless = replace(SELECTION, time=None)
    assert window_predicates(timeless, Window()) == []
    said = 'table Or"der; DROP has no time column; name one with time_column, it has when'
    with pytest.raises(ConfigError, match=re.escape(said)):
        window_predicates(timeless, Window(NOON))
    bare = replace(timeless, columns=SELECTION.columns[:1])
    with pytest.raises(ConfigError, match="has no time column; and no column of times"):
        window_predicates(bare, Window(end=NOON))


def test_a_limit_is_of_the_tables_own_rows() -> None:
    join = Join(TableName("other"), "key", "ID", (SelectedColumn("other__key", "key", "int4"),))
    joined = copy_query(replace(SELECTION, window=Window(NOON), limit=5, joins=(join,)))
    assert '::timestamp LIMIT 5) AS "t0" LEFT JOIN "other" AS "t1" ON "t1"."key" = "t0"."ID"' in joined
    assert copy_query(replace(SELECTION, limit=5)).endswith(' FROM "Or""der; DROP" LIMIT 5')


def test_special_times_of_joined_tables_are_replaced_and_counted() -> None:
    join = Join(TableName("other"), "key", "ID", (SelectedColumn("other__at", "when", "date"),))
    nulled = replace(SELECTION, special_times=SpecialTimes.NULL, joins=(join,))
    assert special_time_columns(nulled) == ("at", "other__at")
    assert '"t1"."when"' in str(special_times_query(nulled))
