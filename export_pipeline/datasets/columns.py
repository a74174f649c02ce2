"""A dataset's columns as they are declared: those that the source must give, those that transforms add."""

from dataclasses import dataclass

import pyarrow as pa

from export_pipeline.extract.selection import SelectedColumn
from export_pipeline.schemas.frame_schema import CheckedColumn
from export_pipeline.schemas.rules import Rule


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column that the source must give: its name here, its PostgreSQL type, its rules.

    `source_name` is its name in the table, where that is another. `low_cardinality` tells the Parquet
    writer that a dictionary pays. `personal` marks data about a person.
    """

    name: str
    pg_type: str
    description: str
    required: bool = False
    rules: tuple[Rule, ...] = ()
    personal: bool = False
    low_cardinality: bool = False
    source_name: str = ""

    @property
    def selected(self) -> SelectedColumn:
        """The column as step 1 reads it."""
        return SelectedColumn(self.name, self.source_name or self.name, self.pg_type)

    @property
    def checked(self) -> CheckedColumn:
        """The column as step 2 checks it."""
        return CheckedColumn(self.name, self.selected.travels.arrow, self.required, self.rules, self.personal)


@dataclass(frozen=True, slots=True)
class DerivedColumn:
    """A column that a transform adds behind the source's.

    `personal` marks one that repeats data about a person; what only says something of it (the version of an address)
    is not.
    """

    name: str
    type: pa.DataType
    description: str
    low_cardinality: bool = False
    personal: bool = False
