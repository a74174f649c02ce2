"""What users get wrong: the message says what, where and what to do next, and nothing is left behind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from export_pipeline.datasets.registry import DATASETS, find_dataset
from export_pipeline.errors import (
    ConfigError,
    DestinationError,
    ExportError,
    SchemaDriftError,
    SourceAccessError,
    SourceUnavailableError,
)
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import Window
from export_pipeline.flow import export
from export_pipeline.plan import ExportPlan
from export_pipeline.settings import Settings
from export_pipeline.write.formats.registry import find_format
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import Exporter, files_below

LOGS = DATASETS["logs"]
SECRET = "s3cr3t-p@ss"


def refused(exporter: Exporter, kind: type[ExportError]) -> str:
    """Return the message with which the export is refused; it left nothing behind and shows no password."""
    with pytest.raises(kind) as caught:
        exporter.run()
    assert files_below(exporter.root) == set()
    message = str(caught.value)
    assert SECRET not in message
    assert "s3cr3t" not in message
    return message


def other_account(url: str, account: str) -> str:
    return f"postgresql://{account}@" + url.split("@")[1]


def test_a_wrong_password(filled_url: str, tmp_path: Path) -> None:
    url = other_account(filled_url, "postgres:s3cr3t-p%40ss")
    said = refused(Exporter(url, tmp_path), SourceAccessError)
    assert "cannot connect to 127.0.0.1:" in said
    assert "password authentication failed" in said
    assert "check user and password in EXPORT_SOURCE_URL" in said


def test_a_host_that_does_not_answer(tmp_path: Path) -> None:
    said = refused(Exporter("postgresql://u:s3cr3t-p%40ss@127.0.0.1:1/db", tmp_path), SourceUnavailableError)
    assert "cannot connect to 127.0.0.1:1/db as u" in said
    assert "check that the server runs and can be reached from here" in said


def test_a_host_that_does_not_exist(tmp_path: Path) -> None:
    said = refused(Exporter("postgresql://u:s3cr3t-p%40ss@no-such-host.invalid/db", tmp_path), SourceUnavailableError)
    assert "no-such-host.invalid" in said


def test_a_database_that_is_not_there(filled_url: str, tmp_path: Path) -> None:
    said = refused(Exporter(filled_url.rsplit("/", 1)[0] + "/nowhere", tmp_path), SourceAccessError)
    assert 'database "nowhere" does not exist' in said


def test_a_url_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="EXPORT_SOURCE_URL is not a PostgreSQL connection string") as caught:
        Exporter(f"postgresql://u:{SECRET}@/d?nonsense=1", tmp_path).run()
    assert SECRET not in str(caught.value)


def test_a_table_that_is_not_there(filled_url: str, tmp_path: Path) -> None:
    said = refused(
        Exporter(filled_url, tmp_path, replace(LOGS, table=TableName("lgo_entries", "public"))),
        SourceAccessError,
    )
    assert said.startswith("logs date=2026-11-20 parquet: cannot open a snapshot of public.lgo_entries")
    assert "check the dataset's table setting" in said


def test_a_side_table_that_is_not_there(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(source_url, "drop table devices cascade")
    said = refused(Exporter(source_url, tmp_path), SourceAccessError)
    assert 'relation "devices" does not exist' in said


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("alter table log_entries drop column process_name", "column 'process_name' (varchar) is missing"),
        ("alter table log_entries rename message to msg", "column 'message' (text) is missing"),
        (
            "alter table log_entries alter device_id type bigint",
            "column 'device_id' is int8, declared is int4",
        ),
        (
            'alter table log_entries alter "timestamp" type timestamptz',
            "column 'timestamp' is timestamptz, declared is timestamp",
        ),
        ("alter table log_entries rename id to number", "column 'id' (int4) is missing"),
    ],
)
def test_a_table_that_is_not_as_declared(
    source_url: str, sql: RunSql, tmp_path: Path, change: str, difference: str
) -> None:
    sql(source_url, change)
    said = refused(Exporter(source_url, tmp_path), SchemaDriftError)
    assert difference in said
    assert "log_entries" in said
    assert "column map" in said


def test_an_account_without_rights(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(source_url, "drop role if exists flows_no_rights")
    sql(source_url, f"create role flows_no_rights login password '{SECRET}'")
    url = other_account(source_url, "flows_no_rights:s3cr3t-p%40ss")
    said = refused(Exporter(url, tmp_path), SourceAccessError)
    assert "permission denied for table log_entries" in said
    assert "grant the account SELECT on the table" in said
    sql(source_url, "grant select on log_entries to flows_no_rights")
    assert "permission denied for table devices" in refused(Exporter(url, tmp_path), SourceAccessError)
    sql(source_url, "grant select on devices to flows_no_rights")
    assert Exporter(url, tmp_path).run().manifest.row_count > 0


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: find_dataset("lgos"), "there is no dataset 'lgos'; choose one of logs, anomalies, ips"),
        (lambda: find_format("xml"), "xml.* parquet, csv, json, jsonl, xlsx"),
        (
            lambda: Window(datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)),
            "start 2026-11-21T00:00:00.00:00 lies after end 2026-11-20.*swap them",
        ),
        (lambda: Window(datetime(2026, 11, 21)), "has no zone; add one"),  # noqa: DTZ001 - that is the point
        (lambda: Settings.load(batch_rows=0), "EXPORT_BATCH_ROWS: .*; for example EXPORT_BATCH_ROWS=50000"),
        (lambda: Settings.load(batch_bytes=-5), "EXPORT_BATCH_BYTES"),
        (lambda: Settings.load(on_invalid="ignore"), "EXPORT_ON_INVALID: .*'keep', 'quarantine' or 'fail'"),
        (lambda: Settings.load(max_invalid_ratio=2), "EXPORT_MAX_INVALID_RATIO"),
        (lambda: Settings.load(formats="csv,xlsx"), "xlsx cannot be chosen; choose among csv, json, jsonl"),
        (lambda: Settings.load(datasets={"lgos": {}}), "there is no dataset lgos; there are logs, anomalies, ips"),
        (lambda: Settings.load(zone="Mars/Olympus"), "EXPORT_ZONE: Mars/Olympus is no time zone"),
        (lambda: LOGS.renamed(None, {"mesage": "msg"}), "the column map names mesage; its columns are id, "),
    ],
)  # fmt: skip
def test_a_mistake_is_said_before_anything_is_connected_to(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        ask()


def test_a_derived_format_without_its_parquet(filled_url: str, tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match=r"there is no published logs/parquet.*export logs as Parquet first"):
        Exporter(filled_url, tmp_path).derive("csv")
    assert files_below(tmp_path) == set()


def test_a_derived_format_that_names_no_parquet(filled_url: str, tmp_path: Path) -> None:
    one = Exporter(filled_url, tmp_path)
    with pytest.raises(ConfigError, match=r"logs date=2026-11-20 csv: .* names no published Parquet"):
        export(ExportPlan.published(LOGS), replace(one.job(format_name="csv"), primary=None))
    assert files_below(tmp_path) == set()


def test_a_derived_format_of_a_parquet_file_with_another_schema(filled_url: str, tmp_path: Path) -> None:
    Exporter(filled_url, tmp_path, replace(LOGS, transforms=(), retyped={}, derived=())).run()
    with pytest.raises(
        ConfigError, match=r"logs date=2026-11-20 csv: .*other columns than .* export it as Parquet again"
    ):
        Exporter(filled_url, tmp_path).derive("csv")
    assert not list(tmp_path.glob("logs/csv/**/*.csv"))


def test_columns_that_nobody_declared_and_a_missing_index_are_warned_of(
    source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    sql(source_url, "alter table log_entries add column extra int")
    sql(source_url, "drop index log_entries_timestamp_idx")
    warnings = Exporter(source_url, tmp_path).run().warnings
    assert any("columns that are not exported: extra" in warning for warning in warnings)
    assert any("CREATE INDEX CONCURRENTLY" in warning for warning in warnings)


def test_another_servers_file_is_replaced_with_a_word_about_it(
    source_url: str, sql: RunSql, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = Exporter(source_url, tmp_path)
    one.run()
    manifest = tmp_path / one.target().manifest
    ((system,),) = sql(source_url, "select system_identifier::text from pg_control_system()")
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(system, "1234567"), encoding="utf-8")
    assert "it replaces a file of another server or timeline" in one.run().warnings
    assert "rebase" in caplog.text
