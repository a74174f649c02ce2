"""Every kind of relation that a dataset may be read from: exported whole, and its changes found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from export_pipeline.changes.verdict import State, Verdict
from export_pipeline.errors import SourceAccessError
from export_pipeline.extract.names import TableName
from export_pipeline_tests.changes.kinds import KINDS, Kind
from export_pipeline_tests.changes.shop import ANOMALIES, Shop
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAYS, Exporter

FIRST, MIDDLE, LAST = DAYS
SEEN = replace(ANOMALIES, table=TableName("seen"))
A_ROW = "id = (select min(id) from {table} where \"timestamp\"::date = '{day}')"


def shop_of(kind: Kind, url: str, root: Path, sql: RunSql) -> Shop:
    """Make the kind in the database at `url` and export all of it."""
    shop = Shop(Exporter(kind.make(url, sql), root, SEEN))
    shop.export(*DAYS)
    return shop


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def test_what_was_published_is_the_source_and_in_sync(
    kind: Kind, any_source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    shop = shop_of(kind, any_source_url, tmp_path, sql)
    published = [
        row for day in DAYS for row in pq.ParquetFile(shop.exporter.file(day)).read(["id", "severity"]).to_pylist()
    ]
    in_source = sql(any_source_url, "select id, severity from seen")
    assert sorted((row["id"], row["severity"] or 0) for row in published) == sorted((i, s or 0) for i, s in in_source)
    for found in (shop.look(bounded=False), shop.look()):
        assert {verdict.state for verdict in found.verdicts.values()} == {State.IN_SYNC}
    reason = "none newer than the published snapshot" if kind.shows_writers else "with the digest of those published"
    assert reason in found.verdicts[MIDDLE].reason


def update(table: str) -> str:
    return f"update {table} set severity = coalesce(severity, 0) % 5 + 1 where {A_ROW.format(table=table, day=FIRST)}"


def delete_and_insert(table: str) -> str:
    taken = f"delete from {table} where {A_ROW.format(table=table, day=LAST)} returning *"
    copied = 'id + 1000000, log_entry_id, device_id, "timestamp", anomaly_type, severity'
    names = 'id, log_entry_id, device_id, "timestamp", anomaly_type, severity'
    return f"with taken as ({taken}) insert into {table} ({names}) select {copied} from taken"


@pytest.mark.parametrize(("change", "day"), [(update, FIRST), (delete_and_insert, LAST)])
def test_changes_that_leave_the_count_as_it_is_are_found_and_settle(
    kind: Kind, any_source_url: str, sql: RunSql, tmp_path: Path, change: Callable[[str], str], day: str
) -> None:
    shop = shop_of(kind, any_source_url, tmp_path, sql)
    sql(any_source_url, change(kind.written))
    sql(any_source_url, kind.after)
    assert day in shop.look().pending
    # A materialized view is written anew, whole: all of its partitions are out of date.
    if kind is not KINDS["materialized view"]:
        assert shop.look().pending == (day,)
    shop.export(*shop.look().pending)
    assert shop.look().pending == ()


def test_a_partition_that_is_detached_and_another_one_attached_with_old_rows_is_found(
    source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    kind = KINDS["partitioned"]
    sql(source_url, "create table older (like anomaly_records)")
    sql(source_url, f"insert into older select * from anomaly_records where \"timestamp\"::date = '{MIDDLE}'")
    sql(source_url, "update older set severity = 5")
    shop = shop_of(kind, source_url, tmp_path, sql)
    sql(source_url, "alter table seen detach partition seen_19")
    sql(source_url, "alter table seen attach partition older for values from ('2026-11-19') to ('2026-11-20')")
    assert shop.look().pending == (MIDDLE,)
    assert shop.verdict() == Verdict(State.CHANGED, "its rows lie in other tables than when it was published")
    shop.export(MIDDLE)
    assert shop.look().pending == ()


def test_a_table_that_was_exchanged_for_an_older_one_is_found(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(source_url, "create table copied as select * from anomaly_records")
    shop = shop_of(KINDS["table"], source_url, tmp_path, sql)
    sql(source_url, "alter table seen rename to gone; alter table copied rename to seen")
    assert shop.look().pending == DAYS


def test_a_dropped_partition_leaves_its_day_out_of_sync_and_the_others_alone(
    source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    shop = shop_of(KINDS["partitioned"], source_url, tmp_path, sql)
    sql(source_url, "drop table seen_19")
    assert shop.look().pending == (MIDDLE,)
    assert shop.verdict().reason.startswith("0 rows in the source")


def test_a_new_partition_for_new_days_leaves_the_others_in_sync(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    shop = shop_of(KINDS["partitioned"], source_url, tmp_path, sql)
    sql(source_url, "alter table seen detach partition seen_20")
    sql(source_url, "alter table seen attach partition seen_20 for values from ('2026-11-20') to ('2026-11-21')")
    sql(source_url, "create table seen_21 partition of seen for values from ('2026-11-21') to ('2026-11-22')")
    assert shop.look().pending == ()


def test_a_materialized_view_that_is_refreshed_concurrently_changes_where_its_rows_did(
    source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    shop = shop_of(KINDS["materialized view"], source_url, tmp_path, sql)
    sql(source_url, "create unique index on seen (id)")
    sql(source_url, update("anomaly_records"))
    sql(source_url, "refresh materialized view concurrently seen")
    assert shop.look().pending == (FIRST,)


def test_a_materialized_view_that_was_never_filled_is_refused(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(source_url, "create materialized view seen as select * from anomaly_records with no data")
    with pytest.raises(SourceAccessError, match=r"has not been populated.*fill a materialized view by REFRESH"):
        Shop(Exporter(source_url, tmp_path, SEEN)).export(FIRST)


def test_a_view_put_in_the_place_of_its_table_is_exported_again(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    shop = shop_of(KINDS["table"], source_url, tmp_path, sql)
    sql(source_url, "alter table seen rename to hidden; create view seen as select * from hidden")
    assert shop.look().pending == DAYS
    shop.export(*DAYS)
    assert shop.look().pending == ()
    sql(source_url, "drop view seen; alter table hidden rename to seen")
    assert shop.look().pending == DAYS
