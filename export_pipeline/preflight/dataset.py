"""One dataset: its tables and columns by the catalog alone, then its rows and what a first export of them takes."""

from collections.abc import Iterator
from datetime import UTC, datetime

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.lineage import side_tables
from export_pipeline.errors import SourceBusyError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.snapshot import Snapshot, open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.preflight.backfill import check_backfill
from export_pipeline.preflight.columns import check_columns
from export_pipeline.preflight.finding import Finding, is_sound, not_looked_at
from export_pipeline.preflight.look import Look
from export_pipeline.preflight.rows import check_rows, count_rows, estimated_rows
from export_pipeline.preflight.table import Wanted, check_table
from export_pipeline.settings import PREFIX


def check_dataset(look: Look, name: str) -> Iterator[Finding]:
    """Look at everything of one dataset; what depends on something that failed is not looked at."""
    if look.source is None:
        yield not_looked_at(name, "the source cannot be read")
        return
    dataset = look.settings.dataset(name)
    shape = list(_check_shape(look.source, dataset))
    yield from shape
    if is_sound(shape):
        yield from _check_content(look, look.source, dataset)
    else:
        yield not_looked_at(f"{name}: rows", "its tables cannot be read as declared")


def _check_shape(source: Source, dataset: Dataset) -> Iterator[Finding]:
    """Look at the catalog: no table is locked, no row is read."""
    name, selection = dataset.name, dataset.selection
    setting = f"{PREFIX}DATASETS__{name.upper()}"
    with open_snapshot(source, (), f"{name}: looking at its tables") as snapshot:
        columns = [column.source_name for column in selection.columns]
        wanted = Wanted(f"{name}: table", dataset.table, columns, f"{setting}__TABLE")
        found = list(check_table(snapshot, wanted))
        yield from found
        if is_sound(found[:1]):
            yield from check_columns(dataset, snapshot.describe(selection), f"{setting}__COLUMN_MAP")
        else:
            yield not_looked_at(f"{name}: columns", "the table is not there")
        yield from _check_side_tables(snapshot, dataset, f"{setting}__SIDE")


def _check_side_tables(snapshot: Snapshot, dataset: Dataset, setting: str) -> Iterator[Finding]:
    for lookup in side_tables(dataset).values():
        table = TableName.parse(lookup.table)
        yield from check_table(
            snapshot,
            Wanted(
                f"{dataset.name}: joined {table}", table, lookup.columns, f"{setting}_TABLE", f"{setting}_COLUMN_MAP"
            ),
        )


def _check_content(look: Look, source: Source, dataset: Dataset) -> Iterator[Finding]:
    partitioning = look.settings.partitioning_of(dataset.name)
    try:
        rows = count_rows(source, dataset, partitioning, datetime.now(UTC))
    except SourceBusyError as busy:
        yield estimated_rows(source, dataset, busy)
        yield not_looked_at(f"{dataset.name}: first backfill", "the rows could not be counted")
        return
    yield from check_rows(dataset, partitioning, rows)
    yield from check_backfill(look, source, dataset, rows)
