"""Where a dataset's published columns come from: columns of its table, and of the side tables that it joins.

Each transform says what its own columns are made of; here that is followed back to the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.extract.names import TableName
from export_pipeline.transforms.transform import Input, Lookup


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """A column of a table of the source, by the names that both have there."""

    table: TableName
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


def column_origins(dataset: Dataset) -> Mapping[str, frozenset[ColumnOrigin]]:
    """Return what each published column is made of, by its published name."""
    origins = {
        column.name: frozenset({ColumnOrigin(dataset.table, column.selected.source_name)}) for column in dataset.columns
    }
    for join in dataset.selection.joins:
        origins |= {one.name: frozenset({ColumnOrigin(join.table, one.source_name)}) for one in join.columns}
    schema = dataset.selection.arrow_schema
    for transform in dataset.transforms:
        # All inputs are those of the batch that the transform is given, so they are looked up before any is replaced.
        origins |= {
            output: frozenset(origin for one in inputs for origin in _origins(one, origins))
            for output, inputs in transform.lineage_over(schema).items()
        }
        schema = transform.output_schema(schema)
    return {name: origins[name] for name in dataset.published_schema.names}


def side_tables(dataset: Dataset) -> Mapping[str, Lookup]:
    """Return the side tables that the dataset's transforms read, by the transform's name."""
    wanted = {transform.name: getattr(transform, "lookup", None) for transform in dataset.transforms}
    return {name: lookup for name, lookup in wanted.items() if isinstance(lookup, Lookup)}


def _origins(one: Input, known: Mapping[str, frozenset[ColumnOrigin]]) -> frozenset[ColumnOrigin]:
    if one.table is None:
        return known[one.column]
    return frozenset({ColumnOrigin(TableName.parse(one.table), one.column)})
