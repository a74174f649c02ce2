"""What is published equals the source: counted and summed by SQL, by DuckDB, by pandas and by Polars."""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from psycopg import sql as pgsql

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.write.manifest import Manifest
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAY, DAYS, Exporter, partitions, unfinished

# Columns that no transform changes, as SQL that gives a whole number for each row; NULL counts as -1.
SUMS = {
    "logs": (
        "id",
        "coalesce(device_id, -1)",
        "coalesce(length(raw_message), -1)",
        "coalesce(push_attempts, -1)",
    ),
    "anomalies": (
        "id",
        "coalesce(severity, -1)",
        "coalesce(log_entry_id, -1)",
        "coalesce(length(description), -1)",
    ),
    "ips": (
        "length({address})",
        "coalesce(request_count, -1)",
        "cast(coalesce(risk_score, -1) * 100 as bigint)",
    ),
}
SOURCE_ADDRESS = "inet_out(address)::text"

Facts = tuple[Any, ...]
Reader = Callable[[Path, Dataset], Facts]


def facts_of_source(url: str, dataset: Dataset, sql: RunSql) -> Facts:
    time = dataset.time_column
    utc = f'"{time}"' if dataset.name == "ips" else f"\"{time}\" at time zone 'UTC'"
    sums = ", ".join(f"sum({term.format(address=SOURCE_ADDRESS)})::bigint" for term in SUMS[dataset.name])
    ((rows, first, last, *totals),) = sql(url, f"select count(*), min({utc}), max({utc}), {sums} from {dataset.table}")
    return (rows, first.astimezone(UTC), last.astimezone(UTC), *totals)


def facts_by_duckdb(folder: Path, dataset: Dataset) -> Facts:
    time = dataset.time_column
    sums = ", ".join(f"sum({term.format(address='address')})" for term in SUMS[dataset.name])
    query = (
        f"select count(*), epoch_us(min({time})), epoch_us(max({time})), {sums} "
        f"from read_parquet('{folder}/*/*.parquet', hive_partitioning = true)"
    )
    (row,) = duckdb.connect().execute(query).fetchall()
    return (row[0], *map(_instant, row[1:3]), *map(int, row[3:]))


def facts_by_pandas(folder: Path, dataset: Dataset) -> Facts:
    frame = pd.read_parquet(folder)
    assert set(frame["date"].astype(str)) <= set(DAYS)
    return _facts_by_columns(pa.Table.from_pandas(frame, preserve_index=False), dataset)


def facts_by_polars(folder: Path, dataset: Dataset) -> Facts:
    frame = pl.read_parquet(folder, hive_partitioning=True)
    assert "date" in frame.columns
    return _facts_by_columns(frame.to_arrow(), dataset)


def _facts_by_columns(table: pa.Table, dataset: Dataset) -> Facts:
    """Sum with DuckDB what another library has read."""
    sums = ", ".join(f"sum({term.format(address='address')})" for term in SUMS[dataset.name])
    (row,) = duckdb.connect().register("given", table).execute(f"select {sums} from given").fetchall()
    ends = pc.min_max(table[dataset.time_column].cast(pa.timestamp("us", "UTC")).cast(pa.int64())).as_py()
    return (table.num_rows, _instant(ends["min"]), _instant(ends["max"]), *map(int, row))


def _instant(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


@pytest.mark.parametrize("read", [facts_by_duckdb, facts_by_pandas, facts_by_polars])
@pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))
def test_readers_find_in_the_folder_what_sql_finds_in_the_source(
    published_root: Path, filled_url: str, sql: RunSql, dataset: Dataset, read: Reader
) -> None:
    assert read(published_root / dataset.name / "parquet", dataset) == facts_of_source(filled_url, dataset, sql)


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))
def test_every_manifest_balances_and_all_together_hold_the_table(
    published_root: Path, filled_url: str, sql: RunSql, dataset: Dataset
) -> None:
    ((in_source,),) = sql(filled_url, f"select count(*) from {dataset.table}")
    for format_name in ("parquet", "csv", "json", "jsonl"):
        texts = sorted((published_root / "_manifests" / dataset.name / format_name).glob("*.json"))
        manifests = [Manifest.from_json(path.read_bytes(), str(path)) for path in texts]
        assert len(manifests) == len(DAYS)
        assert all(one.source_count == one.row_count + one.quarantined_count for one in manifests)
        assert sum(one.source_count for one in manifests) == in_source
    assert not unfinished(published_root)


def published_rows(root: Path, dataset: str) -> list[dict[str, Any]]:
    # Any: what the columns hold
    tables = [pq.ParquetFile(path).read() for path in partitions(root, dataset, "parquet")]
    return [row for table in tables for row in table.to_pylist()]


def json_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


# The declared column, and its text in the source where Arrow's is another.
RAW_COLUMNS = {
    "logs": (
        "id",
        "device_id",
        "device_ip",
        "process_name",
        "raw_message",
        "structured_data",
        "push_attempts",
        "pushed_to_ai",
        "last_push_error",
    ),
    "anomalies": (
        "id",
        "log_entry_id",
        "device_id",
        "anomaly_type",
        "severity",
        "confidence",
        "description",
        "metadata",
        "status",
    ),
    "ips": ("address", "risk_score", "country", "tags", "request_count"),
}
AS_TEXT = {
    "structured_data": "structured_data::text",
    "metadata": "metadata::text",
    "address": SOURCE_ADDRESS,
}


@pytest.mark.parametrize("name", list(DATASETS))
def test_columns_that_no_transform_changes_are_the_sources_to_the_last_value(
    published_root: Path, filled_url: str, sql: RunSql, name: str
) -> None:
    columns = RAW_COLUMNS[name]
    dataset = DATASETS[name]
    selected = ", ".join(AS_TEXT.get(column, f'"{column}"') for column in columns)
    expected = {row[0]: row for row in sql(filled_url, f"select {selected} from {dataset.table}")}
    found = {row[columns[0]]: tuple(row[column] for column in columns) for row in published_rows(published_root, name)}
    assert found == expected


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))
def test_csv_loads_into_postgres_as_the_rows_of_parquet(
    published_root: Path, empty_source_url: str, dataset: Dataset
) -> None:
    schema = pq.read_schema(next(partitions(published_root, dataset.name, "parquet")))
    with psycopg.connect(empty_source_url) as connection:
        connection.execute(_create_table(schema))
        for path in partitions(published_root, dataset.name, "csv"):
            with connection.cursor().copy("COPY loaded FROM STDIN (FORMAT csv, HEADER match)") as copy:
                copy.write(path.read_bytes())
        connection.execute("set timezone = 'UTC'")
        loaded = connection.execute("select * from loaded").fetchall()
    expected = [tuple(row.values()) for row in published_rows(published_root, dataset.name)]
    assert sorted(map(repr, loaded)) == sorted(map(repr, _in_utc(expected, loaded)))


def _create_table(schema: pa.Schema) -> pgsql.Composed:
    columns = [pgsql.SQL("{} {}").format(pgsql.Identifier(f.name), pgsql.SQL(_pg_type(f.type))) for f in schema]
    return pgsql.SQL("CREATE TABLE loaded ({})").format(pgsql.SQL(", ").join(columns))


def _pg_type(arrow: pa.DataType) -> Any:  # noqa: ANN401 - psycopg wants a literal string
    if pa.types.is_list(arrow):
        return "text[]"
    if pa.types.is_decimal(arrow):
        return f"numeric({arrow.precision}, {arrow.scale})"
    return {
        "int8": "smallint",
        "int32": "integer",
        "int64": "bigint",
        "bool": "boolean",
        "double": "double precision",
        "string": "text",
        "timestamp[us, tz=UTC]": "timestamptz",
    }[str(arrow)]


def _in_utc(rows: Sequence[tuple[Any, ...]], like: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Give the times the tzinfo of `like`, so that equal rows read alike."""
    zones = {value.tzinfo for row in like for value in row if isinstance(value, datetime)}
    (zone,) = zones
    return [tuple(v.astimezone(zone) if isinstance(v, datetime) else v for v in row) for row in rows]


@pytest.mark.parametrize("name", list(DATASETS))
def test_json_and_json_lines_parse_to_the_rows_of_parquet(published_root: Path, name: str) -> None:
    columns = RAW_COLUMNS[name]
    expected = {str(row[columns[0]]): row for row in published_rows(published_root, name)}
    arrays = [row for path in partitions(published_root, name, "json") for row in json.loads(path.read_bytes())]
    lines = [row for path in partitions(published_root, name, "jsonl") for row in json_lines(path)]
    assert arrays == lines
    assert len(lines) == len(expected)
    for line in lines:
        row = expected[str(line[columns[0]])]
        assert list(line) == list(row)
        for column in columns:
            assert line[column] == _as_json(column, row[column])


def _as_json(column: str, value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    if column in {"structured_data", "metadata"} and value is not None:
        return json.loads(value)
    return float(value) if column == "risk_score" and value is not None else value


@pytest.fixture
def hand_made(empty_source_url: str, sql: RunSql, tmp_path: Path) -> Exporter:
    """Log entries made to show one thing each, exported in every format."""
    url = empty_source_url
    sql(url, "alter table log_entries drop constraint log_entries_device_id_fkey")
    sql(url, "insert into devices values (7, 'core-switch', '10.0.0.7', null, now(), now())")
    rows: list[tuple[object, ...]] = [
        # id, device_id, device_ip, log_level, process_name, message, raw_message, structured_data,
        # last_push_error
        (1, 7, "10.0.0.7", "Warn", "", "plain", None, None, None),
        (
            2,
            None,
            "Core-Switch.LAN",
            " EMERG ",
            "null",
            "to 8.8.8.8, 8.8.8.8 and fe80::1%eth0",
            None,
            "null",
            "",
        ),
        (
            3,
            99,
            "2001:db8::1",
            "verbose",
            None,
            "\x1b[31mred\x1b[0m \t text ",
            None,
            '{"priority": "x"}',
            "null",
        ),
        (4, 7, "93.184.216.34", None, "NULL", "x", "<30>Nov 20 05:00:00 gate dhcpd[42]: x\n", None, "\\N"),
        (
            5,
            7,
            None,
            "informational",
            " ",
            "é😀",
            None,
            '{"priority": 190, "facility": 23, "severity_code": 6}',
            'a,"b"\r\n',
        ),
    ]
    columns = (
        "id, device_id, device_ip, log_level, process_name, message, raw_message, structured_data, "
        'last_push_error, "timestamp"'
    )
    for row in rows:
        sql(
            url,
            f"insert into log_entries ({columns}) values (%s,%s,%s,%s,%s,%s,%s,%s,%s, '{DAY} 05:00')",
            row,
        )
    exporter = Exporter(url, tmp_path)
    exporter.run()
    for format_name in ("csv", "json", "jsonl"):
        exporter.derive(format_name)
    return exporter


def column_of(exporter: Exporter, name: str) -> list[Any]:
    # Any: what the column holds
    table = pq.ParquetFile(exporter.file()).read().sort_by("id")
    return list(table[name].to_pylist())


DERIVED = {
    "log_level": ["WARNING", "EMERGENCY", "verbose", None, "INFO"],
    "syslog_severity": [4, 0, None, None, 6],
    "device_host": [None, "core-switch.lan", None, None, None],
    "ip_version": [4, None, 6, 4, None],
    "is_private": [True, None, True, False, None],
    "message": ["plain", "to 8.8.8.8, 8.8.8.8 and fe80::1%eth0", "red text", "x", "é😀"],
    "mentioned_addresses": [[], ["8.8.8.8", "fe80::1"], [], [], []],
    "structured_data_priority": [None, None, None, None, 190],
    "structured_data_facility": [None, None, None, None, 23],
    "structured_data_severity_code": [None, None, None, None, 6],
    "device_name": ["core-switch", None, None, "core-switch", "core-switch"],
    "pri_facility": [None, None, None, 3, None],
    "pri_severity": [None, None, None, 6, None],
    "syslog_host": [None, None, None, "gate", None],
    "syslog_program": [None, None, None, "dhcpd", None],
    "syslog_pid": [None, None, None, 42, None],
    "timestamp": [datetime(2026, 11, 20, 5, tzinfo=UTC)] * 5,
}


def test_derived_columns_say_what_the_row_says(hand_made: Exporter) -> None:
    assert {column: column_of(hand_made, column) for column in DERIVED} == DERIVED


NULLNESS = {
    "process_name": ["", "null", None, "NULL", " "],
    "last_push_error": [None, "", "null", "\\N", 'a,"b"\r\n'],
}


def test_null_empty_and_the_word_null_stay_three_things_in_every_format(
    hand_made: Exporter, empty_source_url: str
) -> None:
    lines = json_lines(hand_made.file(format_name="jsonl"))
    array = json.loads(hand_made.file(format_name="json").read_bytes())
    with psycopg.connect(empty_source_url) as connection:
        connection.execute(_create_table(pq.read_schema(hand_made.file())))
        with connection.cursor().copy("COPY loaded FROM STDIN (FORMAT csv, HEADER match)") as copy:
            copy.write(hand_made.file(format_name="csv").read_bytes())
        loaded = connection.execute("select process_name, last_push_error from loaded order by id").fetchall()
    for place, (column, expected) in enumerate(NULLNESS.items()):
        assert column_of(hand_made, column) == expected
        assert [row[column] for row in sorted(lines, key=lambda row: int(row["id"]))] == expected
        assert [row[column] for row in sorted(array, key=lambda row: int(row["id"]))] == expected
        assert [row[place] for row in loaded] == expected


def test_a_json_null_is_not_a_missing_value(hand_made: Exporter) -> None:
    assert column_of(hand_made, "structured_data")[:2] == [None, "null"]
    with hand_made.file(format_name="csv").open(encoding="utf-8", newline="") as file:
        texts = {row["id"]: row["structured_data"] for row in csv.DictReader(file)}
    assert texts["2"] == "null"
    assert texts["1"] == ""


def test_an_empty_partition_is_a_readable_file_with_the_whole_schema(empty_source_url: str, tmp_path: Path) -> None:
    exporter = Exporter(empty_source_url, tmp_path)
    outcome = exporter.run()
    for format_name in ("csv", "json", "jsonl"):
        exporter.derive(format_name)
    assert (outcome.manifest.row_count, outcome.manifest.source_count) == (0, 0)
    assert pq.read_schema(exporter.file()).equals(exporter.dataset.published_schema)
    assert json.loads(exporter.file(format_name="json").read_bytes()) == []
    assert exporter.file(format_name="jsonl").read_bytes() == b""
    header = exporter.file(format_name="csv").read_text(encoding="utf-8")
    assert header.count("\n") == 1
    assert next(csv.reader([header])) == exporter.dataset.published_schema.names


def test_rows_are_the_same_however_small_the_batches(filled_url: str, tmp_path: Path) -> None:
    batches = []
    whole, sliced = (
        Exporter(filled_url, tmp_path / "whole"),
        Exporter(filled_url, tmp_path / "sliced", limits=BatchLimits(50)),
    )
    whole.run()
    sliced.run(on_progress=lambda progress: batches.append(progress.batches))
    assert len(batches) > 5
    assert column_of(whole, "mentioned_addresses") == column_of(sliced, "mentioned_addresses")
    assert pq.ParquetFile(whole.file()).read().sort_by("id").equals(pq.ParquetFile(sliced.file()).read().sort_by("id"))
