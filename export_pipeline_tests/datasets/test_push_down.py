"""What is left to the server and what is judged behind the transforms: both together keep the same rows."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pytest

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.push_down import push_down
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.selection import Selection, SpecialTimes
from export_pipeline.extract.snapshot import Snapshot, open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.filters.condition import Filter
from export_pipeline.filters.evaluate import mask
from export_pipeline.filters.parse import parse_filter
from export_pipeline.filters.resolve import problems
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline_tests.conftest import RunSql

LOGS, ANOMALIES, IPS = (DATASETS[name] for name in ("logs", "anomalies", "ips"))


@pytest.fixture
def snapshot(source_url: str) -> Iterator[Snapshot]:
    """Give a snapshot of the sample's tables."""
    tables = [(dataset.table, dataset.selection.columns[0].source_name) for dataset in DATASETS.values()]
    with open_snapshot(Source(source_url), [*tables, (TableName("devices"), "id")], "test") as opened:
        yield opened


def rows(snapshot: Snapshot, dataset: Dataset, selection: Selection) -> tuple[pa.Table, pa.Table]:
    """Read `selection`, as the source has it and as it is published."""
    read = list(read_batches(snapshot, selection, BatchLimits()))
    steps = [
        transform.prepare(lambda lookup: snapshot.lookup(TableName.parse(lookup.table), lookup.columns))
        for transform in dataset.transforms
    ]
    published = read
    for step in steps:
        published = [step(batch) for batch in published]
    schema = selection.arrow_schema
    return pa.Table.from_batches(read, schema), pa.Table.from_batches(published, dataset.published_schema)


def kept(table: pa.Table, chosen: Filter | None) -> list[object]:
    batches = table.to_batches()
    filtered = [batch.filter(mask(chosen, batch)) if chosen else batch for batch in batches]
    keys: list[object] = [key for batch in filtered for key in batch.column(0).to_pylist()]
    return sorted(keys, key=str)


@pytest.mark.parametrize("dataset", [LOGS, ANOMALIES, IPS], ids=lambda dataset: dataset.name)
def test_columns_that_no_transform_alters_are_published_as_they_are_read(snapshot: Snapshot, dataset: Dataset) -> None:
    source, published = rows(snapshot, dataset, dataset.selection)
    names = set(source.column_names)
    altered = frozenset[str]().union(*(transform.alters(names) for transform in dataset.transforms))
    for name in names - altered:
        before, after = source.column(name), published.column(name)
        assert after.cast(before.type).equals(before), name  # from UTC the cast leaves the numbers as they are
    assert altered == ({"log_level", "message"} if dataset is LOGS else set())


@pytest.mark.parametrize(
    ("dataset", "text", "pushed", "left"),
    [
        (LOGS, "device_id = 3", "device_id = 3", None),
        (LOGS, "process_name like 'k%' and message ilike '%a%'", "process_name like 'k%'", "message ilike '%a%'"),
        (LOGS, "log_level = ERROR", None, "log_level = ERROR"),
        (LOGS, "syslog_severity <= 4 and timestamp > 2026-11-19", "timestamp > 2026-11-19", "syslog_severity <= 4"),
        (LOGS, "device_id = 3 or syslog_severity = 3", None, "device_id = 3 or syslog_severity = 3"),
        (LOGS, "structured_data.severity_code in (3, 4)", None, "structured_data->'severity_code' in (3, 4)"),
        (LOGS, "pushed_at is not null and device_host is null", "pushed_at is not null", "device_host is null"),
        (LOGS, "device_name like '%1%' and id between 100 and 900", "id between 100 and 900", "device_name like '%1%'"),
        (ANOMALIES, "severity >= 4 and confidence > 0.5", "severity >= 4 and confidence > 0.5", None),
        (ANOMALIES, "status in (new) or metadata.score > 1", "status in (new) or metadata->'score' > 1", None),
        (ANOMALIES, "device_id = 3 and description ilike '%e%'", "device_id = 3", "description ilike '%e%'"),
        (IPS, "risk_score > 50.005 and country != 'DE'", "risk_score > 50.005 and country != DE", None),
        (IPS, "address like '10.%' and is_private = true", "address like '10.%'", "is_private = true"),
        (IPS, "request_count > 10 and last_seen < 2026-11-20", "request_count > 10 and last_seen < 2026-11-20", None),
    ],
)  # fmt: skip
def test_what_is_pushed_and_what_is_left_keep_the_same_rows(
    snapshot: Snapshot, dataset: Dataset, text: str, pushed: str | None, left: str | None
) -> None:
    chosen = parse_filter(text)
    assert problems(chosen, dataset.published_schema, dataset.published_schema) == []
    for_server, for_us = push_down(dataset, chosen)
    assert (for_server and str(for_server), for_us and str(for_us)) == (pushed, left)
    _, everything = rows(snapshot, dataset, dataset.selection)
    _, some = rows(snapshot, dataset, replace(dataset.selection, predicate=for_server))
    assert kept(some, for_us) == kept(everything, chosen)
    assert some.num_rows < everything.num_rows or for_server is None


def test_the_sources_own_value_is_asked_of_the_server(snapshot: Snapshot, source_url: str, sql: RunSql) -> None:
    (spelled,) = sql(source_url, "SELECT log_level FROM log_entries WHERE log_level <> upper(log_level) LIMIT 1")
    chosen = parse_filter(f"source.log_level = '{spelled[0]}' and source.message ilike '%e%'")
    pushed, left = push_down(LOGS, chosen)
    assert (pushed, left) == (chosen, None)
    source, published = rows(snapshot, LOGS, replace(LOGS.selection, predicate=pushed))
    (counted,) = sql(
        source_url, "SELECT count(*) FROM log_entries WHERE log_level = %s AND message ILIKE '%%e%%'", spelled
    )
    assert set(source.column("log_level").to_pylist()) == set(spelled)
    assert published.num_rows == counted[0] > 0


def test_a_time_is_pushed_only_where_it_is_published_as_it_is_compared() -> None:
    chosen = parse_filter("timestamp > 2026-11-19")
    berlin = LOGS.in_zone("Europe/Berlin")
    assert push_down(berlin, chosen) == (chosen, None)
    assert push_down(replace(berlin, naive_zone="UTC"), chosen) == (None, chosen)
    assert push_down(replace(berlin, transforms=()), chosen) == (None, chosen)
    assert push_down(replace(LOGS, transforms=()), chosen) == (chosen, None)
    assert push_down(replace(LOGS, special_times=SpecialTimes.NULL), chosen) == (None, chosen)


def test_a_value_that_a_transform_alters_is_not_pushed() -> None:
    chosen = parse_filter("process_name = a")
    assert push_down(replace(LOGS, transforms=(CleanMessage(("process_name",)),)), chosen) == (None, chosen)
    assert push_down(replace(LOGS, transforms=(EnrichContext(),)), chosen) == (chosen, None)


def test_the_sources_value_or_a_value_only_we_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="`or` asks for syslog_severity as published"):
        push_down(LOGS, parse_filter("source.log_level = err or syslog_severity = 3"))
