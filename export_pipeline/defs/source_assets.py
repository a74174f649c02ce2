"""The source's tables as external assets: what the graph begins with, nothing that a run could materialize."""

import re
from collections.abc import Iterable, Sequence

from dagster import AssetKey, AssetSpec, MetadataValue, TableColumn, TableColumnConstraints, TableSchema

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.lineage import side_tables
from export_pipeline.extract.names import TableName

GROUP = "source"


def table_key(table: TableName) -> AssetKey:
    """Return the key of a table: `source/log_entries`, or `source/ops/log_entries`."""
    return AssetKey([GROUP, *([table.schema] if table.schema else []), table.name])


def table_input(table: TableName) -> str:
    """Return what a table is called as an input of a dataset's graph."""
    return re.sub(r"\W", "_", f"{GROUP}_{table}", flags=re.ASCII)


def tables_of(dataset: Dataset) -> Sequence[TableName]:
    """Return the tables that an export of the dataset reads, its own first, each once."""
    joined = (TableName.parse(lookup.table) for lookup in side_tables(dataset).values())
    return list(dict.fromkeys((dataset.table, *joined)))


def source_assets(datasets: Sequence[Dataset]) -> Sequence[AssetSpec]:
    """Return an external asset for each table that one of the datasets reads, with the columns that they read."""
    tables = dict.fromkeys(table for dataset in datasets for table in tables_of(dataset))
    return [_table(table, datasets) for table in tables]


def _table(table: TableName, datasets: Sequence[Dataset]) -> AssetSpec:
    readers = [dataset for dataset in datasets if table in tables_of(dataset)]
    columns: dict[str, TableColumn] = {}
    for dataset in readers:
        for column in (*_own(table, dataset), *_joined(table, dataset)):
            columns.setdefault(column.name, column)
    return AssetSpec(
        table_key(table),
        description=f"The table `{table}` of the source, read by {', '.join(dataset.name for dataset in readers)}.",
        group_name=GROUP,
        kinds={"postgres", "table"},
        metadata={
            "dagster/table_name": str(table),
            "dagster/column_schema": MetadataValue.table_schema(TableSchema(list(columns.values()))),
        },
    )


def _own(table: TableName, dataset: Dataset) -> Iterable[TableColumn]:
    return [_declared(column) for column in dataset.columns] if table == dataset.table else []


def _declared(column: SourceColumn) -> TableColumn:
    return TableColumn(
        column.selected.source_name,
        column.pg_type,
        column.description,
        TableColumnConstraints(nullable=not column.required),
        tags={"personal": ""} if column.personal else {},
    )


def _joined(table: TableName, dataset: Dataset) -> Iterable[TableColumn]:
    """Return the columns of a side table; what types they have, only the join itself looks at."""
    lookups = [lookup for lookup in side_tables(dataset).values() if TableName.parse(lookup.table) == table]
    return [TableColumn(name, "?") for lookup in lookups for name in lookup.columns]
