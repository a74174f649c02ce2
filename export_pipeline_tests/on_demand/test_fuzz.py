"""Whatever a request holds: it is exported, or refused by one clear error; and the source stays as it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.embedded.sample import create_tables, fill
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError
from export_pipeline.filters.condition import is_storable
from export_pipeline.on_demand.fields import RequestFields
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import LAST_DAY, SIZE, RunSql
from export_pipeline_tests.on_demand.exporting import DEAD, Exports, left_in

TABLES = ("log_entries", "anomaly_records", "ip_addresses", "devices")
HOSTILE = (
    "'; drop table log_entries;--",
    "%",
    "_",
    "'",
    '"',
    "\\",
    "\\'",
    "$$",
    "{}",
    "%s",
    ":x",
    "",
    " ",
    "null",
    "NULL",
    "😀",
    "\u202eabc\u202c",
    "a\u200bb",
    "\0",
    "\ud800",
    "\x1b[31m",
    "\r\n",
    "x" * 5_000,
    "../../etc/passwd",
    "-1",
    "1e400",
    "nan",
    "9" * 400,
)

texts = st.sampled_from(HOSTILE) | st.text(max_size=20)
columns = st.sampled_from([field.name for field in DATASETS["logs"].published_schema]) | texts
operators = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "like", "ilike", "<>", "≥", "==", "~", "; "])


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


conditions = (
    st.builds(lambda column, operator, value: f"{column} {operator} {quoted(value)}", columns, operators, texts)
    | st.builds(lambda column, values: f"{column} in ({', '.join(map(quoted, values))})", columns, st.lists(texts))
    | st.builds(lambda column, path: f"{column}->{quoted(path)} = 1", columns, texts)
    | st.builds(lambda column: f"{column} is null", columns)
    | texts
)
filters = st.recursive(
    conditions,
    lambda inner: st.builds(lambda a, b, word: f"({a}) {word} ({b})", inner, inner, st.sampled_from(["and", "or"])),
    max_leaves=4,
)
moments = st.none() | st.sampled_from(["2026-11-18", "2026-11-19T12:00:00+02:00", "2026-11-20", "9999-12-31"]) | texts
numbers = st.none() | st.sampled_from([0, 1, 7, 500, 2**31, 2**63 - 1, 2**63, 10**30, -1])
anything = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(texts, max_size=2)

requests = st.fixed_dictionaries(
    {"datasets": st.sampled_from([["logs"], ["ips"], ["logs", "ips"]]) | st.lists(texts, max_size=2)},
    optional={
        "filters": st.lists(filters, max_size=3),
        "processes": st.lists(texts, max_size=2),
        "start": moments,
        "end": moments,
        "columns": st.lists(columns, max_size=3),
        "compute": st.lists(st.builds(lambda name, value: f"{name}={value}", texts, texts) | texts, max_size=2),
        "nested": st.lists(st.just("device") | texts, max_size=2),
        "format": st.sampled_from(["parquet", "csv", "json", "jsonl", "xlsx", "default"]) | texts,
        "compression": st.sampled_from(["default", "none", "gzip", "zstd", "snappy"]) | texts,
        "compression_level": st.none() | st.integers(-5, 30),
        "split_rows": st.none() | st.sampled_from([0, 700, 2**63 - 1, 10**30]),
        "split_bytes": st.none() | st.sampled_from([0, 500_000, 2**63 - 1, 10**30]),
        "batch_rows": numbers,
        "batch_bytes": numbers,
        "zip": st.booleans(),
        "totals": st.booleans(),
        "preview": numbers,
        "max_invalid_ratio": st.none() | st.floats(),
        "validation_level": st.sampled_from(["default", "none", "basic", "strict"]),
        "on_invalid": st.sampled_from(["default", "keep", "quarantine", "fail"]),
        "include_metadata": st.none() | st.booleans(),
        "requested_by": st.none() | texts,
        "preset": st.sampled_from(["none", "training", "audit", "ticket"]) | texts,
    },
)


@pytest.fixture(scope="module")
def shared_url(server: EmbeddedServer) -> str:
    """Give one filled database for all examples."""
    server.create_database("fuzzed")
    url = server.url("fuzzed")
    create_tables(url)
    fill(url, SIZE, LAST_DAY)
    return url


def checksum(url: str, sql: RunSql) -> list[Any]:
    """Return what changes when a row or a table does (Any: digests)."""
    digest = "select count(*), sum(hashtextextended(t::text, 0)), sum(xmin::text::bigint) from {} t"
    return [sql(url, digest.format(table)) for table in TABLES] + sql(
        url, "select relname from pg_class where relnamespace = 'public'::regnamespace order by 1"
    )


@given(st.dictionaries(st.sampled_from([*RequestFields.model_fields]) | texts, anything, max_size=8))
@settings(max_examples=300)
def test_any_fields_are_a_request_or_refused_before_connecting(given: dict[str, Any]) -> None:
    exports = Exports(Settings.load(source_url=DEAD, root="/nowhere/at/all"))
    try:
        exports.request(**given)
    except ConfigError as error:
        assert str(error).startswith("the export cannot be made:\n  ")  # noqa: PT017 - either is right


@given(requests)
@settings(max_examples=300)
def test_any_likely_request_is_one_or_refused_before_connecting(given: dict[str, Any]) -> None:
    exports = Exports(Settings.load(source_url=DEAD, root="/nowhere/at/all"))
    try:
        exports.request(**given)
    except ConfigError as error:
        assert len(str(error).splitlines()) > 1  # noqa: PT017 - either is right


@given(
    st.lists(filters, min_size=1, max_size=3),
    st.lists(texts, max_size=2),
    moments,
    moments,
    st.sampled_from(["csv", "jsonl", "parquet"]),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_filter_is_run_or_refused_and_changes_nothing(
    shared_url: str, tmp_path: Path, asked: list[str], processes: list[str], start: str, end: str, fmt: str
) -> None:
    exports = Exports(Settings.load(source_url=shared_url, root=str(tmp_path / "root")))
    chosen = {"datasets": ["logs"], "filters": asked, "processes": processes, "start": start, "end": end}
    try:
        delivery = exports.run(**chosen, format=fmt)
    except ConfigError:
        return
    (said,) = exports.record(delivery)["datasets"]
    assert said["source_count"] == said["row_count"] + said["filtered_count"]


def test_the_examples_have_changed_nothing(shared_url: str, sql: RunSql, tmp_path: Path) -> None:
    before = checksum(shared_url, sql)
    exports = Exports(Settings.load(source_url=shared_url, root=str(tmp_path / "root")))
    values = [value for value in HOSTILE if is_storable(value)]
    for column in ("message", "source.message", "structured_data.a", "process_name", '"process_name"'):
        asked = " or ".join(f"{column} = {quoted(value)}" for value in values)
        assert exports.run(datasets=["logs"], format="jsonl", filters=[asked]).rows == 0
    assert exports.run(datasets=["logs"], format="jsonl", processes=values).rows == 0
    assert checksum(shared_url, sql) == before
    assert left_in(tmp_path / "root" / "_staging") == []


@pytest.mark.parametrize(
    "name", ['weird "name"', "dots.in.it", "😀", "'; drop table devices;--", "a" * 63, "%s", "{}", "Ümläut \u202e"]
)
def test_a_table_of_any_name_is_exported(exports: Exports, sql: RunSql, name: str) -> None:
    written = '"' + name.replace('"', '""') + '"'
    sql(exports.url, f"create table {written} (id int, {written} text)".replace("%", "%"))
    sql(exports.url, f"insert into {written} values (1, 'x'), (2, null)")
    table = f"public.{written}"
    delivery = exports.run(tables=[table], format="jsonl", filters=[f"{table}: id >= 1", f"{written} is null"])
    (row,) = [json.loads(line) for line in exports.file(delivery).read_text(encoding="utf-8").splitlines()]
    assert row == {"id": 2, name: None}


def test_a_list_of_ten_thousand_values_is_fine(exports: Exports) -> None:
    values = ", ".join(str(number) for number in range(0, 20_000, 2))
    delivery = exports.run(datasets=["logs"], filters=[f"id in ({values})"], format="csv")
    assert delivery.rows == 1_000
    words = ", ".join(f"'it''s {number}'" for number in range(10_000))
    assert exports.run(datasets=["logs"], filters=[f"message not in ({words})"], format="csv").rows == 2_000


@pytest.mark.parametrize("column", ["a\0", "\ud800"])
def test_what_no_source_can_hold_is_an_error_of_ours(exports: Exports, column: str) -> None:
    for wrong in ({"columns": [column]}, {"filters": [f'"{column}" = 1']}, {"compute": [f"{column}=1"]}):
        with pytest.raises(ConfigError):
            exports.run(datasets=["logs"], **wrong)
