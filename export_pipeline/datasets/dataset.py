"""What a dataset is: which table, which columns, which rules, which transforms, what is published.

The datasets themselves are beside this file, one each, and listed in `registry.py`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pyarrow as pa

from export_pipeline.datasets.checks import Check
from export_pipeline.datasets.freshness import Freshness
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import SelectedColumn, Selection, SpecialTimes, TimeColumn
from export_pipeline.schemas.frame_schema import CheckedColumn
from export_pipeline.schemas.rules import Rule
from export_pipeline.schemas.thresholds import Severity, Threshold
from export_pipeline.schemas.validation import Subject
from export_pipeline.transforms.description import describe
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.transforms.transform import Transform
from export_pipeline.write.hints import published_field


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


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table's exports. `retyped` are the source columns that are published as another type."""

    name: str
    description: str
    table: TableName
    key: tuple[str, ...]
    time_column: str
    columns: tuple[SourceColumn, ...]
    transforms: tuple[Transform, ...]
    retyped: Mapping[str, pa.DataType]
    derived: tuple[DerivedColumn, ...]
    naive_zone: str = "UTC"
    """The zone of the table's times where they carry none."""
    special_times: SpecialTimes = SpecialTimes.FAIL
    """What becomes of ±infinity and years outside 1 to 9999 in the columns of times."""
    owners: tuple[str, ...] = ()
    """Dagster's form: `team:name`, or a mail address."""
    thresholds: tuple[Threshold, ...] = (
        Threshold("completeness", 1.0, Severity.ERROR),
        Threshold("validity", 0.95),
        Threshold("uniqueness", 1.0, Severity.ERROR),
    )
    """What the quality of a partition is held to."""
    chart_by: str | None = None
    """A published column of few values, whose rows per value the UI shows as a chart."""
    freshness: Freshness = Freshness()  # noqa: RUF009 - frozen
    """When exports of it count as late, and as failed."""
    check_severity: Mapping[Check, Severity] = field(default_factory=dict)
    """How bad it is when a check fails that may mean loss; without an entry, an error. Quality has its thresholds."""

    def __post_init__(self) -> None:
        known = [column.name for column in self.columns]
        for role, names in (
            ("key", self.key),
            ("time_column", (self.time_column,)),
            ("retyped", tuple(self.retyped)),
            ("chart_by", (self.chart_by,) if self.chart_by else ()),
        ):
            if unknown := [name for name in names if name not in known]:
                raise ConfigError(
                    f"dataset {self.name}: {role} names {', '.join(unknown)}; its columns are {', '.join(known)}"
                )

    @property
    def published_schema(self) -> pa.Schema:
        """The declared schema of what is published, with descriptions and hints for the writers."""
        kept = [self._published(column) for column in self.columns]
        added = [
            published_field(column.name, column.type, column.description, low_cardinality=column.low_cardinality)
            for column in self.derived
        ]
        return pa.schema([*kept, *added])

    @property
    def personal_columns(self) -> frozenset[str]:
        """The published columns that hold or repeat data about a person."""
        held = {column.name for column in self.columns if column.personal}
        return frozenset(held | {column.name for column in self.derived if column.personal})

    def severity_of(self, check: Check) -> Severity:
        """Return how bad it is when `check` fails."""
        return self.check_severity.get(check, Severity.ERROR)

    @property
    def selection(self) -> Selection:
        """The whole table, without a window."""
        return Selection(
            table=self.table,
            columns=tuple(column.selected for column in self.columns),
            time=self._time(),
            key=self.key,
            special_times=self.special_times,
        )

    def subject(self, where: str) -> Subject:
        """Return what validation needs to know; `where` starts its messages."""
        read = self.selection.arrow_schema
        checked = tuple(replace(column.checked, type=read.field(column.name).type) for column in self.columns)
        return Subject(where, checked, self.key, self.time_column, self.naive_zone)

    def renamed(self, table: TableName | None, column_map: Mapping[str, str]) -> "Dataset":
        """Return the dataset read from another table, or from columns of other names (ours → theirs)."""
        known = [column.name for column in self.columns]
        if unknown := [name for name in column_map if name not in known]:
            raise ConfigError(
                f"dataset {self.name}: the column map names {', '.join(unknown)}; its columns are {', '.join(known)}"
            )
        columns = tuple(
            replace(column, source_name=column_map.get(column.name, column.source_name)) for column in self.columns
        )
        return replace(self, table=table or self.table, columns=columns)

    def in_zone(self, zone: str) -> "Dataset":
        """Return the dataset with its times that carry none read in `zone`. Raises: ConfigError where all carry one."""
        if not any(column.pg_type == "timestamp" for column in self.columns):
            raise ConfigError(f"dataset {self.name}: its times carry a zone each; leave naive_zone out")
        transforms = tuple(
            replace(transform, zone=zone) if isinstance(transform, StandardizeTimestamps) else transform
            for transform in self.transforms
        )
        return replace(self, naive_zone=zone, transforms=transforms)

    def joined_with(self, table: str | None, column_map: Mapping[str, str]) -> "Dataset":
        """Return the dataset with its side table read from another table, or from columns of other names there.

        Raises: ConfigError where it has none.
        """
        if not any(isinstance(transform, EnrichContext) for transform in self.transforms):
            raise ConfigError(
                f"dataset {self.name}: no side table is joined to it; leave side_table and side_column_map out"
            )
        transforms = tuple(
            transform.reading(table, column_map) if isinstance(transform, EnrichContext) else transform
            for transform in self.transforms
        )
        return replace(self, transforms=transforms)

    @property
    def fingerprint(self) -> str:
        """A digest of all that shapes the published rows: when it changes, partitions are stale."""
        declared = {
            "table": str(self.table),
            "columns": [(column.selected.source_name, column.name, column.pg_type) for column in self.columns],
            "time": [self.time_column, self.naive_zone],
            "transforms": [describe(transform) for transform in self.transforms],
            "special_times": self.special_times.value,
            "published": [(field.name, str(field.type)) for field in self.published_schema],
        }
        return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()

    def _time(self) -> TimeColumn:
        column = next(column for column in self.columns if column.name == self.time_column)
        return TimeColumn(column.selected.source_name, column.pg_type, self.naive_zone)

    def _published(self, column: SourceColumn) -> pa.Field:
        selected = column.selected
        return published_field(
            column.name,
            self.retyped.get(column.name, self.selection.arrow_type(selected)),
            column.description,
            json=selected.travels.family == "json",
            low_cardinality=column.low_cardinality,
        )
