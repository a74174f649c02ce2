"""Rows with the rows of other tables that belong to them: of the same snapshot, none lost, none doubled."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.errors import SchemaDriftError
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.selection import Window
from export_pipeline.extract.source import Source
from export_pipeline.plan import ExportPlan
from export_pipeline.rejected_rows import RejectedRows
from export_pipeline.schemas.policy import CheckPolicy
from export_pipeline.settings import Settings
from export_pipeline.source_rows import open_source_rows
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.one_off import OneOff
from export_pipeline_tests.flows.test_any_table import json_rows


@pytest.fixture
def one_off(source_url: str, tmp_path: Path) -> OneOff:
    return OneOff(source_url, tmp_path)


def anomalies(relations: Sequence[str] = ("log_entry", "device"), **settings: object) -> Dataset:
    return Settings.load(**settings).dataset("anomalies").with_relations(relations)


def expected(sql: RunSql, url: str) -> dict[int, tuple[Any, ...]]:
    """Return id → the log entry's message, its device and level as the source has them, and the device's name."""
    query = (
        "select a.id, l.id, l.message, l.log_level, l.structured_data::text, l.timestamp, d.id, d.name "
        "from anomaly_records a left join log_entries l on l.id = a.log_entry_id "
        "left join devices d on d.id = a.device_id"
    )
    return {row[0]: row[1:] for row in sql(url, query)}


def test_json_nests_the_rows_as_they_are_in_the_source(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "update anomaly_records set device_id = null where id % 3 = 0")
    sql(one_off.url, "update anomaly_records set log_entry_id = null where id % 4 = 0")
    wanted = expected(sql, one_off.url)
    file, outcome = one_off.run(anomalies())
    rows = json_rows(file)
    assert len(rows) == outcome.manifest.source_count == len(wanted) > 0
    for row in rows:
        log_id, message, level, data, time, device_id, name = wanted[row["id"]]
        entry, device = row["log_entry"], row["device"]
        if log_id is None:
            assert entry is None
        else:
            assert (entry["id"], entry["message"], entry["log_level"]) == (log_id, message, level)
            assert entry["structured_data"] == json.loads(data)
            assert datetime.fromisoformat(entry["timestamp"]) == time.replace(tzinfo=UTC)
        assert device is None if device_id is None else (device["id"], device["name"]) == (device_id, name)
    assert any(row["device"] is None for row in rows)
    assert any(row["log_entry"] is None for row in rows)
    assert any(row["log_entry"] for row in rows)


@pytest.mark.parametrize("format_name", ["csv", "parquet"])
def test_flat_formats_have_columns_with_the_relations_name(one_off: OneOff, format_name: str) -> None:
    file, _ = one_off.run(anomalies(["device"]), format_name)
    names = (
        next(csv.reader(file.read_text(encoding="utf-8").splitlines()))
        if format_name == "csv"
        else pq.read_schema(file).names
    )
    related = ["id", "name", "ip_address", "description", "created_at", "updated_at"]
    assert [name for name in names if "__" in name] == [f"device__{name}" for name in related]


def test_window_and_limit_are_about_the_rows_themselves(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "update log_entries set timestamp = timestamp - interval '1 year'")
    day = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    (rows,) = sql(one_off.url, "select count(*) from anomaly_records where timestamp::date = '2026-11-20'")[0]
    assert one_off.run(anomalies(), window=day)[1].manifest.row_count == rows > 3
    assert one_off.run(anomalies(), window=day, limit=3)[1].manifest.row_count == 3


def test_keys_that_are_there_twice_are_refused_before_a_row_is_read(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "alter table devices drop constraint devices_pkey cascade")
    sql(one_off.url, "insert into devices select * from devices where id <= 2")
    said = "2 values of devices.id are there more than once, so rows that belong to them would be doubled"
    with pytest.raises(SchemaDriftError, match=said):
        one_off.run(anomalies(["device"]))
    assert not list(one_off.root.rglob("*.jsonl"))


def test_keys_that_nothing_keeps_unique_are_fine_as_long_as_they_are(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "alter table devices rename to machines")
    sql(one_off.url, "create view devices as select * from machines")
    file, outcome = one_off.run(anomalies(["device"]))
    assert len(json_rows(file)) == outcome.manifest.source_count


def test_relations_follow_the_settings_of_what_they_lead_to(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "alter table log_entries rename to entries")
    sql(one_off.url, "alter table entries rename column message to msg")
    sql(one_off.url, "alter table devices rename to inventory")
    sql(one_off.url, "alter table inventory rename column ip_address to address")
    dataset = anomalies(
        datasets={
            "logs": {"table": "public.entries", "column_map": {"message": "msg"}, "naive_zone": "Europe/Berlin"},
            "anomalies": {"side_table": "inventory", "side_column_map": {"ip_address": "address"}},
        }
    )
    wanted: dict[int, datetime] = dict(
        sql(one_off.url, "select id, (timestamp at time zone 'Europe/Berlin') from entries")
    )
    rows = json_rows(one_off.run(dataset)[0])
    for entry in (row["log_entry"] for row in rows if row["log_entry"]):
        assert "message" in entry
        assert datetime.fromisoformat(entry["timestamp"]) == wanted[entry["id"]]
    assert any(row["device"] and row["device"]["ip_address"] for row in rows)


def test_a_related_table_that_differs_is_refused_by_name(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "alter table devices rename column description to said")
    with pytest.raises(SchemaDriftError, match=r"table devices differs .* column 'description' .* is missing"):
        one_off.run(anomalies(["device"]))


def test_a_key_of_another_type_is_refused_by_name(one_off: OneOff, sql: RunSql) -> None:
    sql(one_off.url, "alter table anomaly_records alter device_id type text")
    with pytest.raises(SchemaDriftError, match="device_id"):
        one_off.run(anomalies(["device"]))


def test_related_tables_are_locked_before_the_first_row_is_read(one_off: OneOff, tmp_path: Path) -> None:
    """Otherwise one that is emptied or rewritten after the snapshot was taken would read as empty."""
    plan = ExportPlan.whole(anomalies(["log_entry"]), BatchLimits(), CheckPolicy())
    file = tmp_path / "rejected"
    rejected = RejectedRows(lambda: HashingSink(file.open("wb"), file), plan.source_schema)
    with (
        open_source_rows(plan, Source(one_off.url), Window(), "anomalies", rejected),
        psycopg.connect(one_off.url) as other,
    ):
        other.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("lock table log_entries in access exclusive mode")
