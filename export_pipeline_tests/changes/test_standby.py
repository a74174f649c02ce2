"""A standby as the source: what it lacks is never taken for in sync, and its promotion puts everything out of sync."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from export_pipeline.changes.verdict import State
from export_pipeline.embedded.sample import create_tables, fill
from export_pipeline.errors import PermanentError, SourceBusyError, SupersededError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.snapshot import open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline_tests.changes.shop import ANOMALIES, Shop
from export_pipeline_tests.conftest import LAST_DAY, SIZE, RunSql
from export_pipeline_tests.flows.running import DAYS, Exporter
from export_pipeline_tests.servers import Cluster, embedded_binaries, new_cluster, wait_until_replayed

FIRST, MIDDLE, LAST = DAYS
INSERT = f"insert into anomaly_records (\"timestamp\", anomaly_type, severity) values ('{MIDDLE} 12:00', 'x', 1)"
SOME = "id = (select max(id) from anomaly_records where \"timestamp\"::date = '{day}')"


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with new_cluster(embedded_binaries()) as cluster, cluster.running() as running:
        create_tables(running.url())
        fill(running.url(), SIZE, LAST_DAY)
        yield running


@pytest.fixture
def standby(primary: Cluster) -> Iterator[Cluster]:
    with primary.standby().running({"max_standby_streaming_delay": "100ms"}) as running:
        wait_until_replayed(primary, running)
        yield running


@pytest.fixture
def shop(standby: Cluster, tmp_path: Path) -> Shop:
    shop = Shop(Exporter(standby.url(), tmp_path, ANOMALIES))
    shop.export(*DAYS)
    return shop


def test_a_standby_is_exported_whole_and_in_sync(shop: Shop, primary: Cluster, sql: RunSql) -> None:
    ids = [i for day in DAYS for i in pq.ParquetFile(shop.exporter.file(day)).read(["id"])["id"].to_pylist()]
    assert sorted(ids) == [i for (i,) in sql(primary.url(), "select id from anomaly_records order by id")]
    assert {verdict.state for verdict in shop.look().verdicts.values()} == {State.IN_SYNC}


@pytest.mark.parametrize(
    "statement", [INSERT, f"update anomaly_records set severity = 4 where {SOME.format(day=MIDDLE)}"]
)
def test_what_a_transaction_open_on_the_primary_commits_later_is_found_on_the_standby(
    shop: Shop, standby: Cluster, primary: Cluster, sql: RunSql, statement: str
) -> None:
    with psycopg.connect(primary.url()) as late:
        late.execute(statement.encode())
        sql(primary.url(), f"delete from anomaly_records where {SOME.format(day=LAST)}")
        sql(primary.url(), INSERT)
        wait_until_replayed(primary, standby)
        shop.export(MIDDLE, LAST)
        # The standby's snapshot knows that the older transaction is open.
        assert shop.verdict().state is State.UNSETTLED
    wait_until_replayed(primary, standby)
    assert MIDDLE in shop.look().pending
    shop.export(*shop.look().pending)
    assert shop.look().pending == ()


def test_a_standby_that_lags_cannot_put_back_what_the_primary_published(
    shop: Shop, standby: Cluster, primary: Cluster, sql: RunSql
) -> None:
    with psycopg.connect(standby.url(), autocommit=True) as at_standby:
        at_standby.execute("select pg_wal_replay_pause()")
        sql(primary.url(), INSERT)
        Shop(replace(shop.exporter, url=primary.url())).export(MIDDLE)
        with pytest.raises(SupersededError):
            shop.export(MIDDLE)
        assert shop.look().pending == (MIDDLE,)
        at_standby.execute("select pg_wal_replay_resume()")
    wait_until_replayed(primary, standby)
    assert shop.look().pending == ()


def test_a_promotion_puts_everything_out_of_sync_at_once(
    shop: Shop, standby: Cluster, primary: Cluster, sql: RunSql
) -> None:
    before = shop.look().scan.identity.timeline
    # Much to write, so that the checkpoint behind the promotion takes long: only then the control file follows.
    sql(primary.url(), "update log_entries set push_attempts = 0")
    wait_until_replayed(primary, standby)
    standby.promote()
    found = shop.look()
    assert found.scan.identity.timeline == before + 1
    assert found.pending == DAYS
    assert "restored or promoted" in found.verdicts[FIRST].reason
    shop.export(*DAYS)
    assert shop.look().pending == ()
    sql(standby.url(), INSERT)
    assert shop.look().pending == (MIDDLE,)


def test_an_unlogged_table_is_refused_on_a_standby(
    standby: Cluster, primary: Cluster, sql: RunSql, tmp_path: Path
) -> None:
    sql(primary.url(), "create unlogged table unlogged (like anomaly_records)")
    wait_until_replayed(primary, standby)
    dataset = replace(ANOMALIES, table=TableName("unlogged"))
    with pytest.raises(PermanentError, match="unlogged relations during recovery"):
        Exporter(standby.url(), tmp_path, dataset).run()


def test_rows_that_the_primary_vacuums_away_meanwhile_ask_for_a_retry_and_say_what_to_set(
    standby: Cluster, primary: Cluster, sql: RunSql
) -> None:
    selection = ANOMALIES.selection
    with open_snapshot(Source(standby.url()), [(selection.table, "id")], "anomalies") as snapshot:
        rows = snapshot.count(selection, with_xmin=True).tally.rows
        sql(primary.url(), f"delete from anomaly_records where {SOME.format(day=FIRST)}")
        sql(primary.url(), "vacuum anomaly_records")
        wait_until_replayed(primary, standby)
        with pytest.raises(SourceBusyError, match="hot_standby_feedback") as caught:
            snapshot.count(selection, with_xmin=True)
    assert "conflict with recovery" in str(caught.value)
    with open_snapshot(Source(standby.url()), [(selection.table, "id")], "anomalies") as snapshot:
        assert snapshot.count(selection, with_xmin=True).tally.rows == rows - 1
