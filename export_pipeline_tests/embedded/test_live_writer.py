"""The writer on a real server: what it says is what it did, and all kinds of changes happen."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from export_pipeline.embedded.live_writer import Change, LiveWriter
from export_pipeline.embedded.sample import SampleSize, fill
from export_pipeline_tests.conftest import RunSql

RATE, TRANSACTIONS = 20, 50
COUNTS = """
select 'log_entries', count(*) from log_entries union all
select 'anomaly_records', count(*) from anomaly_records union all
select 'ip_addresses', count(*) from ip_addresses
"""


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def source(empty_source_url: str, today: date) -> str:
    """Give a source filled up to today, in three days."""
    fill(empty_source_url, SampleSize(logs=600, anomalies=60, addresses=20, devices=5, days=3), today)
    return empty_source_url


@pytest.fixture
def first_day(today: date) -> date:
    return today - timedelta(days=2)


def write(url: str, first_day: date, transactions: int = TRANSACTIONS) -> list[Change]:
    writer = LiveWriter(url, RATE, first_day)
    return [change for _ in range(transactions) for change in writer.write()]


def test_what_it_says_is_what_the_tables_hold(source: str, first_day: date, sql: RunSql) -> None:
    before: dict[str, int] = dict(sql(source, COUNTS))
    sign = {"inserted": 1, "deleted": -1, "changed": 0}
    difference: Counter[str] = Counter()
    for change in write(source, first_day):
        difference[change.table] += sign[change.kind] * change.rows
    assert {table: rows - before[table] for table, rows in sql(source, COUNTS)} == difference
    assert difference["log_entries"] + difference["anomaly_records"] + difference["ip_addresses"] > 900


def test_rows_come_at_the_servers_time_with_what_they_refer_to(source: str, first_day: date, sql: RunSql) -> None:
    ((began,),) = sql(source, "select clock_timestamp() at time zone 'UTC' - interval '1 second'")
    done = write(source, first_day, 3)
    inserted = sum(change.rows for change in done if (change.table, change.kind) == ("log_entries", "inserted"))
    newest = sql(source, "select timestamp, device_id from log_entries where id > 600 order by id")
    assert len(newest) == inserted
    assert all(began <= moment <= datetime.now(UTC).replace(tzinfo=None) for moment, _ in newest)
    ((found, matching),) = sql(
        source,
        """select count(*), count(*) filter (where a.timestamp = l.timestamp and l.id > 600)
        from anomaly_records a join log_entries l on l.id = a.log_entry_id where a.id > 60""",
    )
    assert found == matching == 3


def test_days_before_change_in_every_way_but_none_before_the_first(source: str, first_day: date) -> None:
    older = [change for change in write(source, first_day) if change.day < first_day + timedelta(days=2)]
    assert {(change.table, change.kind) for change in older} == {
        ("log_entries", "inserted"),
        ("anomaly_records", "changed"),
        ("log_entries", "deleted"),
    }
    assert {change.day for change in older} <= {first_day, first_day + timedelta(days=1)}


def test_without_days_before_only_today_changes(source: str, today: date) -> None:
    assert {change.day for change in write(source, today, 20)} == {today}


def test_a_log_entry_that_an_anomaly_refers_to_stays(empty_source_url: str, today: date, sql: RunSql) -> None:
    fill(empty_source_url, SampleSize(logs=90, anomalies=90, addresses=5, devices=5, days=3), today)
    write(empty_source_url, today - timedelta(days=2))
    assert sql(empty_source_url, "select count(*) from log_entries where id <= 90") == [(90,)]


def test_a_second_writer_draws_other_addresses(source: str, first_day: date) -> None:
    for _ in range(2):
        came = [change.rows for change in write(source, first_day, 20) if change.table == "ip_addresses"]
        assert sum(came) == 20


def test_a_locked_table_leaves_nothing_behind_and_the_next_one_goes_on(
    source: str, first_day: date, sql: RunSql
) -> None:
    writer = LiveWriter(source, RATE, first_day)
    with psycopg.connect(source) as blocker:
        blocker.execute("lock table ip_addresses in access exclusive mode")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            writer.write()
        blocker.rollback()
    assert sql(source, "select count(*) from log_entries") == [(600,)]
    assert writer.write()
