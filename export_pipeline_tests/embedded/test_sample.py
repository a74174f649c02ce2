from collections.abc import Callable
from dataclasses import asdict
from datetime import date

import pytest

from export_pipeline.embedded import sample as sample_module
from export_pipeline.embedded.sample import DirtCounts, SampleSize, create_tables, fill
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.embedded.source_tables import SOURCE_TABLES
from export_pipeline.errors import ConfigError
from export_pipeline_tests.conftest import LAST_DAY, SIZE, RunSql

WORDS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
DIRT_IN_LOGS = {
    "ansi_messages": r"message ~ '\x1b\['",
    "tab_messages": r"message ~ '\t'",
    "control_messages": r"message ~ '[\x01\x07\x08\x1f]'",
    "blank_run_messages": r"message ~ '[ \u00a0\u2003\u3000]{2,}'",
    "broken_json_messages": "message LIKE 'event {%' AND message NOT LIKE '%}'",
    "mixed_case_levels": f"log_level <> lower(log_level) AND lower(log_level) IN {WORDS}",
    "alias_levels": "log_level IN ('emerg', 'crit', 'err', 'warn', 'informational')",
    "invalid_levels": "log_level IN ('WRN!', 'verbose', '')",
    "null_levels": "log_level IS NULL",
    "null_devices": "device_id IS NULL",
    "host_name_ips": r"device_ip !~ '^[0-9.]+$'",
}
DIRT_IN_ANOMALIES = {
    "bad_severities": "severity NOT BETWEEN 1 AND 5",
    "bad_confidences": "confidence NOT BETWEEN 0 AND 1",
}
TABLE_SUMS = " UNION ALL ".join(
    f"SELECT '{table}', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
    for table in SOURCE_TABLES
)


def test_every_dirty_row_is_counted(source_url: str, source_dirt: DirtCounts, sql: RunSql) -> None:
    found = {}
    for table, kinds in (("log_entries", DIRT_IN_LOGS), ("anomaly_records", DIRT_IN_ANOMALIES)):
        for kind, condition in kinds.items():
            [(found[kind],)] = sql(source_url, f"SELECT count(*) FROM {table} WHERE {condition}")
    assert found == asdict(source_dirt)
    assert all(count > 0 for count in found.values())


def test_tables_have_the_rows_asked_for(source_url: str, sql: RunSql) -> None:
    counts = {table: count for table, count, _ in sql(source_url, TABLE_SUMS)}
    assert counts == {
        "devices": SIZE.devices,
        "log_entries": SIZE.logs,
        "anomaly_records": SIZE.anomalies,
        "ip_addresses": SIZE.addresses,
    }


def test_raw_line_agrees_with_its_columns(source_url: str, sql: RunSql) -> None:
    query = """
        SELECT raw_message, d.name, timestamp, process_name, message, structured_data
        FROM log_entries l JOIN devices d ON d.id = l.device_id
    """
    for raw, host, time, program, message, data in sql(source_url, query):
        tag = f"{program}[{data['pid']}]" if "pid" in data else program
        moment = f"{time:%b} {time.day:2d} {time:%H:%M:%S}"
        assert raw == f"<{data['priority']}>{moment} {host} {tag}: {message}\n"


def test_structured_data_agrees_with_the_level(source_url: str, sql: RunSql) -> None:
    query = f"""
        SELECT count(*) FROM log_entries WHERE lower(log_level) IN {WORDS} AND (
            (structured_data ->> 'priority')::int
                <> (structured_data ->> 'facility')::int * 8 + (structured_data ->> 'severity_code')::int
            OR lower(log_level) <> (ARRAY{list(WORDS)})[1 + (structured_data ->> 'severity_code')::int])
    """
    assert sql(source_url, query) == [(0,)]


def test_device_address_is_the_devices_or_its_name(source_url: str, sql: RunSql) -> None:
    query = """
        SELECT count(*) FROM log_entries l JOIN devices d ON d.id = l.device_id
        WHERE device_ip NOT IN (d.name, d.ip_address)
    """
    assert sql(source_url, query) == [(0,)]


def test_rows_lie_in_the_days_asked_for_and_none_beyond(source_url: str, sql: RunSql) -> None:
    days = [(date(2026, 11, 18),), (date(2026, 11, 19),), (date(2026, 11, 20),)]
    for table, column in (
        ("log_entries", "timestamp"),
        ("anomaly_records", "timestamp"),
        ("ip_addresses", "(first_seen AT TIME ZONE 'UTC')"),
    ):
        assert sql(source_url, f"SELECT DISTINCT {column}::date FROM {table} ORDER BY 1") == days
    latest = "SELECT max(updated_at) FROM anomaly_records UNION SELECT max(created_at) FROM anomaly_records"
    assert all(moment.date() <= LAST_DAY for (moment,) in sql(source_url, latest))
    assert sql(source_url, "SELECT count(DISTINCT extract(microseconds FROM timestamp)) > 1900 FROM log_entries") == [
        (True,)
    ]


def test_anomaly_shares_device_and_time_with_its_log_entry(source_url: str, sql: RunSql) -> None:
    query = """
        SELECT count(*), count(DISTINCT l.id)
        FROM anomaly_records a JOIN log_entries l ON l.id = a.log_entry_id
        WHERE a.device_id IS NOT DISTINCT FROM l.device_id AND a.timestamp = l.timestamp
            AND metadata #>> '{model,name}' = 'isolation_forest'
            AND jsonb_array_length(metadata -> 'scores') = 2
    """
    assert sql(source_url, query) == [(100, 100)]


def test_new_anomaly_gets_an_id_of_its_own(source_url: str, sql: RunSql) -> None:
    assert sql(source_url, "INSERT INTO anomaly_records DEFAULT VALUES RETURNING id") == [(101,)]


def test_planner_knows_the_filled_tables(source_url: str, sql: RunSql) -> None:
    assert sql(source_url, "SELECT reltuples FROM pg_class WHERE relname = 'log_entries'") == [(2_000,)]


@pytest.fixture
def fill_again(server: EmbeddedServer, sql: RunSql) -> Callable[[SampleSize, date], list[tuple[object, ...]]]:
    """Give the sums of a sample filled into a database of its own."""

    def run(size: SampleSize, last_day: date) -> list[tuple[object, ...]]:
        sql(server.url("postgres"), "DROP DATABASE IF EXISTS filled_again")
        server.create_database("filled_again")
        create_tables(server.url("filled_again"))
        fill(server.url("filled_again"), size, last_day)
        return sql(server.url("filled_again"), TABLE_SUMS)

    return run


def test_same_seed_and_day_give_the_same_rows_and_others_do_not(
    source_url: str, sql: RunSql, fill_again: Callable[[SampleSize, date], list[tuple[object, ...]]]
) -> None:
    sums = sql(source_url, TABLE_SUMS)
    assert fill_again(SIZE, LAST_DAY) == sums
    assert fill_again(SIZE, date(2026, 11, 19)) != sums
    other = SampleSize(**(asdict(SIZE) | {"seed": 1}))
    assert fill_again(other, LAST_DAY)[1] != sums[1]


def test_chunks_join_without_a_gap(empty_source_url: str, sql: RunSql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_module, "_CHUNK_ROWS", 300)
    progress: list[tuple[str, int]] = []
    size = SampleSize(logs=1_000, anomalies=700, addresses=0, devices=3, days=2)
    fill(empty_source_url, size, LAST_DAY, lambda table, rows: progress.append((table, rows)))
    assert [rows for table, rows in progress if table == "log_entries"] == [300, 600, 900, 1_000]
    assert [rows for table, rows in progress if table == "anomaly_records"] == [300, 600, 700]
    assert ("devices", 3) in progress
    assert ("ip_addresses", 0) in progress
    times = [time for (time,) in sql(empty_source_url, "SELECT timestamp FROM log_entries ORDER BY id")]
    assert times == sorted(times)
    assert sql(empty_source_url, "SELECT min(id), max(id), count(*) FROM log_entries") == [(1, 1_000, 1_000)]
    assert sql(empty_source_url, "SELECT min(id), max(id), count(*) FROM anomaly_records") == [(1, 700, 700)]
    assert sql(empty_source_url, "SELECT id FROM log_entries WHERE message LIKE '%192.0.2.1%' LIMIT 1")


def test_sample_of_nothing_fills_nothing(empty_source_url: str, sql: RunSql) -> None:
    counts = fill(empty_source_url, SampleSize(logs=0, anomalies=0, addresses=0, devices=0), LAST_DAY)
    assert set(asdict(counts).values()) == {0}
    assert {count for _, count, _ in sql(empty_source_url, TABLE_SUMS)} == {0}


def test_fill_that_is_cut_short_leaves_nothing(empty_source_url: str, sql: RunSql) -> None:
    def give_up(table: str, _: int) -> None:
        if table == "anomaly_records":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(empty_source_url, SIZE, LAST_DAY, give_up)
    assert {count for _, count, _ in sql(empty_source_url, TABLE_SUMS)} == {0}


def test_tables_with_rows_are_not_filled(source_url: str) -> None:
    with pytest.raises(ConfigError, match=r"table devices of database \w+ holds rows; fill an empty database"):
        fill(source_url, SIZE, LAST_DAY)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"logs": -1}, "logs is -1"),
        ({"seed": -1}, "seed is -1"),
        ({"days": 0}, "everything a day"),
        ({"devices": 0}, "at least one device"),
        ({"logs": 0}, "at least one log"),
    ],
)
def test_impossible_size_is_refused(wrong: dict[str, int], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        SampleSize(**wrong)
