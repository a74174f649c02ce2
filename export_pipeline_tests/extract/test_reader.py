"""Streaming out of a real server: more than one batch, bounded, exact or loud."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pyarrow as pa
import pytest

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import (
    ConfigError,
    SourceBusyError,
    SourceUnavailableError,
    TransientError,
    UnrepresentableValueError,
)
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.selection import SelectedColumn, Selection, SpecialTimes, TimeColumn
from export_pipeline.extract.snapshot import Snapshot, open_snapshot
from export_pipeline.extract.source import Source, Timeouts
from export_pipeline_tests.conftest import RunSql

COLUMNS = (SelectedColumn("id", "id", "int4"), SelectedColumn("v", "v", "text"))
SELECTION = Selection(TableName("t"), COLUMNS, TimeColumn("at", "timestamp"), ("id",))


@contextmanager
def snapshot_of(url: str, selection: Selection = SELECTION, timeouts: Timeouts = Timeouts()) -> Iterator[Snapshot]:  # noqa: B008 - frozen
    with open_snapshot(Source(url, timeouts), [(selection.table, "id")], "t today") as snapshot:
        yield snapshot


@pytest.fixture
def wide_url(empty_source_url: str, sql: RunSql) -> str:
    """20,000 rows of about 1 kB."""
    sql(
        empty_source_url,
        "create table t as select g as id, repeat(md5(g::text), 32) as v from generate_series(1, 20000) g",
    )
    return empty_source_url


def test_a_large_result_comes_in_more_than_one_batch(wide_url: str) -> None:
    with snapshot_of(wide_url) as snapshot:
        batches = list(read_batches(snapshot, SELECTION, BatchLimits(bytes=1024 * 1024)))
    assert len(batches) > 10
    assert max(batch.nbytes for batch in batches) < 2 * 1024 * 1024
    assert sum(batch.num_rows for batch in batches) == 20_000


def test_batches_are_bounded_in_rows_too(wide_url: str) -> None:
    with snapshot_of(wide_url) as snapshot:
        sizes = [batch.num_rows for batch in read_batches(snapshot, SELECTION, BatchLimits(rows=700))]
    assert max(sizes) == 700
    assert sum(sizes) == 20_000


def test_every_batch_has_the_declared_schema(wide_url: str) -> None:
    with snapshot_of(wide_url) as snapshot:
        for batch in read_batches(snapshot, SELECTION, BatchLimits()):
            assert batch.schema.equals(SELECTION.arrow_schema)


@pytest.mark.parametrize("limits", [{"rows": 0}, {"bytes": -1}])
def test_a_batch_size_below_one_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="it must be 1 or more"):
        BatchLimits(**limits)


def test_a_backend_that_is_terminated_asks_for_a_retry(wide_url: str, sql: RunSql) -> None:
    with snapshot_of(wide_url) as snapshot:
        batches = read_batches(snapshot, SELECTION, BatchLimits(bytes=65_536))
        next(batches)
        sql(
            wide_url,
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'export_pipeline'",
        )
        with pytest.raises(TransientError, match="t today: reading t"):
            list(batches)


def test_a_cancel_from_another_thread_ends_the_stream(empty_source_url: str, sql: RunSql) -> None:
    sql(empty_source_url, "create table base as select 1 as id from generate_series(1, 1000)")
    sql(empty_source_url, "create view t as select id, pg_sleep(0.1)::text as v from base")
    with snapshot_of(empty_source_url) as snapshot:
        threading.Timer(0.5, snapshot.cancel).start()
        with pytest.raises(SourceBusyError, match="57014"):
            list(read_batches(snapshot, SELECTION, BatchLimits()))


def test_a_statement_that_takes_too_long_names_the_setting(empty_source_url: str, sql: RunSql) -> None:
    sql(empty_source_url, "create view t as select 1 as id, pg_sleep(5)::text as v")
    timeouts = Timeouts(statement_s=0.3)
    with (
        snapshot_of(empty_source_url, timeouts=timeouts) as snapshot,
        pytest.raises(SourceBusyError, match="EXPORT_STATEMENT"),
    ):
        list(read_batches(snapshot, SELECTION, BatchLimits()))


@pytest.mark.parametrize("pg_type", ["timestamp", "timestamptz", "date"])
@pytest.mark.parametrize("value", ["infinity", "-infinity", "10000-01-01", "4713-01-01 BC"])
def test_a_time_that_no_reader_takes_fails_by_default(
    empty_source_url: str, sql: RunSql, pg_type: str, value: str
) -> None:
    sql(empty_source_url, f"create table t as select 1 as id, '{value}'::{pg_type} as v")
    selection = replace(SELECTION, columns=(COLUMNS[0], SelectedColumn("v", "v", pg_type)))
    with (
        snapshot_of(empty_source_url) as snapshot,
        pytest.raises(UnrepresentableValueError, match="column 'v' holds infinity"),
    ):
        list(read_batches(snapshot, selection, BatchLimits()))


@pytest.mark.parametrize(("policy", "published"), [(SpecialTimes.NULL, None), (SpecialTimes.TEXT, "infinity")])
def test_special_times_are_published_as_the_policy_says_and_counted(
    empty_source_url: str, sql: RunSql, policy: SpecialTimes, published: str | None
) -> None:
    sql(
        empty_source_url,
        "create table t as select 1 as id, 'infinity'::timestamp as v union all select 2, '2026-11-20'",
    )
    columns = (COLUMNS[0], SelectedColumn("v", "v", "timestamp"))
    selection = replace(SELECTION, columns=columns, special_times=policy)
    with snapshot_of(empty_source_url) as snapshot:
        counted = snapshot.count(selection, with_xmin=True)
        table = pa.Table.from_batches(read_batches(snapshot, selection, BatchLimits()))
    assert counted.special_times == {"v": 1}
    assert table.filter(pa.compute.equal(table["id"], 1))["v"].to_pylist() == [published]


def test_a_decimal_that_is_no_number_fails_loudly(empty_source_url: str, sql: RunSql) -> None:
    sql(empty_source_url, "create table t as select 1 as id, 'NaN'::numeric(5,2) as v")
    selection = replace(SELECTION, columns=(COLUMNS[0], SelectedColumn("v", "v", "numeric(5,2)")))
    with snapshot_of(empty_source_url) as snapshot, pytest.raises(UnrepresentableValueError, match="'NaN'"):
        list(read_batches(snapshot, selection, BatchLimits()))


@pytest.mark.parametrize("array", ["{{1,2},{3,4}}", "[0:1]={7,8}"])
def test_an_array_that_is_no_plain_list_is_found_before_reading(empty_source_url: str, sql: RunSql, array: str) -> None:
    sql(empty_source_url, f"create table t as select 1 as id, '{array}'::int[] as v")
    selection = replace(SELECTION, columns=(COLUMNS[0], SelectedColumn("v", "v", "int4[]")))
    with (
        snapshot_of(empty_source_url) as snapshot,
        pytest.raises(UnrepresentableValueError, match="declare the column as text"),
    ):
        snapshot.count(selection, with_xmin=True)


def test_text_that_is_not_utf8_is_refused(server: EmbeddedServer, sql: RunSql) -> None:
    sql(server.url("postgres"), "create database bytes_only encoding sql_ascii template template0")
    url = server.url("bytes_only")
    sql(url, "create table t as select 1 as id, E'bad\\xff\\xfe'::text as v")
    with snapshot_of(url) as snapshot, pytest.raises(UnrepresentableValueError, match="not valid UTF-8"):
        list(read_batches(snapshot, SELECTION, BatchLimits()))


def test_a_server_that_goes_away_asks_for_a_retry() -> None:
    with (
        pytest.raises(SourceUnavailableError, match="check that the server runs"),
        snapshot_of("postgresql://u:p@127.0.0.1:1/d"),
    ):
        pass
