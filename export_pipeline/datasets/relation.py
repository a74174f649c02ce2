"""A row of another table that belongs to each row of a dataset, such as the device that wrote a log entry.

Relations are declared in the datasets' own files. An export takes those along that it is asked for
(`Dataset.with_relations`); partitions take none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import Join, SelectedColumn
from export_pipeline.write.hints import published_field

INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True, slots=True)
class Relation:
    """The row of `table` whose column `key` equals the dataset's `column`; NULL, or no such row, gives nothing.

    `columns` are those of `table`, `key` among them. Naive times are read in `zone`. `dataset` names the dataset that
    the table is of, whose settings the relation follows then.
    """

    name: str
    description: str
    table: TableName
    key: str
    column: str
    columns: tuple[SourceColumn, ...]
    zone: str = "UTC"
    dataset: str | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if self.key not in names:
            raise ConfigError(f"relation {self.name}: key {self.key!r} is none of its columns: {', '.join(names)}")

    def published(self, column: SourceColumn) -> str:
        """Return the name under which a column of the other table is published: `log_entry__message`."""
        return f"{self.name}__{column.name}"

    @property
    def names(self) -> tuple[str, ...]:
        """All published names, in order."""
        return tuple(self.published(column) for column in self.columns)

    @property
    def naive_times(self) -> tuple[str, ...]:
        """The published names of the times that carry no zone in the source."""
        return tuple(self.published(column) for column in self.columns if column.pg_type == "timestamp")

    def join(self, own: str) -> Join:
        """Return how it is read, `own` being the name in the dataset's table of the column that it goes by."""
        sources = {column.name: column.selected.source_name for column in self.columns}
        columns = tuple(
            SelectedColumn(self.published(column), sources[column.name], column.pg_type) for column in self.columns
        )
        return Join(self.table, sources[self.key], own, columns)

    def fields(self, read: pa.Schema) -> list[pa.Field]:
        """Return its columns as published, `read` being the schema of what is read: naive times become instants."""
        return [
            published_field(
                name,
                INSTANT if pa.types.is_timestamp(read.field(name).type) else read.field(name).type,
                column.description,
                json=column.selected.travels.family == "json",
                low_cardinality=column.low_cardinality,
                relation=self.name,
            )
            for name, column in zip(self.names, self.columns, strict=True)
        ]

    def renamed(self, table: str | None, column_map: Mapping[str, str]) -> "Relation":
        """Return the relation with another table, or with columns of other names there (ours → theirs)."""
        columns = tuple(
            replace(column, source_name=column_map.get(column.name, column.source_name)) for column in self.columns
        )
        return replace(self, table=TableName.parse(table) if table else self.table, columns=columns)
