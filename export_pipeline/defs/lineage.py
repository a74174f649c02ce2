"""Columns as Dagster shows them: which there are, which are personal, and what each is made of.

`dagster/column_lineage` is for what reads Dagster's metadata: of itself, the open-source UI draws no graph of columns.
So the origin of a column stands beside its name too, as a tag of the asset's schema.
"""

from collections.abc import Mapping
from typing import cast

from dagster import MetadataValue, TableColumn, TableColumnDep, TableColumnLineage, TableSchema

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.lineage import ColumnOrigin, column_origins
from export_pipeline.defs.jobs import asset_key
from export_pipeline.defs.source_assets import table_key
from export_pipeline.defs.tables import column_schema
from export_pipeline.settings import PRIMARY_FORMAT
from export_pipeline.write.formats.format import Format
from export_pipeline.write.schema_description import describe_schema


def column_metadata(dataset: Dataset, fmt: Format) -> Mapping[str, MetadataValue]:
    """Return the declared columns of the asset in format `fmt`, and their lineage."""
    return {"dagster/column_schema": _declared(dataset), **lineage_metadata(dataset, fmt)}


def lineage_metadata(dataset: Dataset, fmt: Format) -> Mapping[str, MetadataValue]:
    """Return what each column is made of: in Parquet of the source's columns, in other formats of the Parquet's."""
    origins = column_origins(dataset)
    if fmt.name == PRIMARY_FORMAT:
        made = {name: [_dependency(origin) for origin in _sorted(several)] for name, several in origins.items()}
    else:
        parquet = asset_key(dataset.name, PRIMARY_FORMAT)
        made = {name: [TableColumnDep(parquet, name)] for name in origins}
    return {"dagster/column_lineage": MetadataValue.column_lineage(TableColumnLineage(made))}


def _declared(dataset: Dataset) -> MetadataValue:
    schema = cast("TableSchema", column_schema(describe_schema(dataset.published_schema)).value)
    origins = column_origins(dataset)
    columns = [
        TableColumn(
            column.name,
            column.type,
            column.description,
            column.constraints,
            _tags(dataset, column.name, origins[column.name]),
        )
        for column in schema.columns
    ]
    return MetadataValue.table_schema(TableSchema(columns))


def _tags(dataset: Dataset, name: str, origins: frozenset[ColumnOrigin]) -> Mapping[str, str]:
    """Return what is worth a tag: that a column is personal, and where it is from unless from the one of its name."""
    tags = {"personal": ""} if name in dataset.personal_columns else {}
    if origins != {ColumnOrigin(dataset.table, name)}:
        tags["from"] = ", ".join(str(origin) for origin in _sorted(origins))
    return tags


def _dependency(origin: ColumnOrigin) -> TableColumnDep:
    return TableColumnDep(table_key(origin.table), origin.column)


def _sorted(origins: frozenset[ColumnOrigin]) -> list[ColumnOrigin]:
    return sorted(origins, key=str)
