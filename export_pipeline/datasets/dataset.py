"""What a dataset is: which table, which columns, which rules, which transforms, what is published.

The datasets themselves are beside this file, one each, and listed in `registry.py`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from export_pipeline.datasets.checks import Check
from export_pipeline.datasets.columns import DerivedColumn, SourceColumn
from export_pipeline.datasets.freshness import Freshness
from export_pipeline.datasets.own_columns import personal_columns, with_own_columns
from export_pipeline.datasets.relation import Relation
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import Selection, SpecialTimes, TimeColumn
from export_pipeline.schemas.thresholds import Severity, Threshold
from export_pipeline.schemas.validation import Subject
from export_pipeline.transforms.description import describe
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.transforms.transform import Transform
from export_pipeline.write.hints import published_field


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table's exports. `retyped` are the source columns that are published as another type.

    What is exported partition by partition has a `key` and a `time_column`; other tables may have neither.
    """

    name: str
    description: str
    table: TableName
    key: tuple[str, ...]
    time_column: str | None
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
    relations: tuple[Relation, ...] = ()
    """What belongs to its rows in other tables."""
    nested: tuple[str, ...] = ()
    """The relations whose rows are exported too, see `with_relations`."""

    def __post_init__(self) -> None:
        known = [column.name for column in self.columns]
        for role, names in (
            ("key", self.key),
            ("time_column", (self.time_column,) if self.time_column else ()),
            ("retyped", tuple(self.retyped)),
            ("chart_by", (self.chart_by,) if self.chart_by else ()),
            ("relations", tuple(relation.column for relation in self.relations)),
        ):
            if unknown := [name for name in names if name not in known]:
                raise ConfigError(
                    f"dataset {self.name}: {role} names {', '.join(unknown)}; its columns are {', '.join(known)}"
                )

    @property
    def published_schema(self) -> pa.Schema:
        """The declared schema of what is published, with descriptions and hints for the writers."""
        read = self.selection.arrow_schema
        kept = [self._published(column) for column in self.columns]
        joined = [field for relation in self._nested for field in relation.fields(read)]
        added = [
            published_field(column.name, column.type, column.description, low_cardinality=column.low_cardinality)
            for column in self.derived
        ]
        return with_own_columns(pa.schema([*kept, *joined, *added]), read, self.transforms)

    @property
    def personal_columns(self) -> frozenset[str]:
        """The published columns that hold or repeat data about a person."""
        held = {column.name for column in self.columns if column.personal}
        held |= {column.name for column in self.derived if column.personal}
        related = {
            relation.published(column) for relation in self._nested for column in relation.columns if column.personal
        }
        return personal_columns(frozenset(held | related), self.selection.arrow_schema, self.transforms)

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
            joins=tuple(relation.join(self._source_name(relation.column)) for relation in self._nested),
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
        relations = tuple(one if one.dataset else replace(one, zone=zone) for one in self.relations)
        return replace(self, naive_zone=zone, transforms=transforms, relations=relations)

    def joined_with(self, table: str | None, column_map: Mapping[str, str]) -> "Dataset":
        """Return the dataset with its side table read from another table, or from columns of other names there.

        A relation to the same table follows. Raises: ConfigError where it has none, or for an unknown column.
        """
        if not any(isinstance(transform, EnrichContext) for transform in self.transforms):
            raise ConfigError(
                f"dataset {self.name}: no side table is joined to it; leave side_table and side_column_map out"
            )
        tables = {one.lookup.table for one in self.transforms if isinstance(one, EnrichContext) and one.lookup}
        related = [one for one in self.relations if str(one.table) in tables]
        others = {column.name for one in related for column in one.columns}
        transforms = tuple(
            transform.reading(table, _about(transform, column_map, others))
            if isinstance(transform, EnrichContext)
            else transform
            for transform in self.transforms
        )
        relations = tuple(one.renamed(table, column_map) if one in related else one for one in self.relations)
        return replace(self, transforms=transforms, relations=relations)

    def following(self, others: Mapping[str, "Dataset"]) -> "Dataset":
        """Return the dataset with its relations to `others`, by name, reading what those are set to read."""
        relations = tuple(
            replace(one, table=other.table, columns=other.columns, zone=other.naive_zone)
            if (other := others.get(one.dataset or ""))
            else one
            for one in self.relations
        )
        return replace(self, relations=relations)

    def with_relations(self, names: Sequence[str]) -> "Dataset":
        """Return the dataset whose rows carry those of the relations `names`, in columns `device__name`.

        Their naive times become instants in UTC, nothing else is done to them. Raises: ConfigError naming the relations
        there are, or a column whose name is taken.
        """
        there = {relation.name: relation for relation in self.relations}
        if unknown := [name for name in names if name not in there]:
            known = f"; it has {', '.join(there)}" if there else ""
            raise ConfigError(f"dataset {self.name} has no relation {', '.join(unknown)}{known}")
        chosen = [there[name] for name in dict.fromkeys(names)]
        own = {column.name for column in self.columns} | {column.name for column in self.derived}
        if taken := [name for one in chosen for name in (one.name, *one.names) if name in own]:
            raise ConfigError(f"dataset {self.name} has columns {', '.join(taken)}; rename the relation")
        return replace(
            self,
            nested=tuple(one.name for one in chosen),
            transforms=(*self.transforms, *self._standardizing(chosen)),
        )

    @property
    def fingerprint(self) -> str:
        """A digest of all that shapes the published rows: when it changes, partitions are stale."""
        declared: dict[str, object] = {
            "table": str(self.table),
            "columns": [(column.selected.source_name, column.name, column.pg_type) for column in self.columns],
            "time": [self.time_column, self.naive_zone],
            "transforms": [describe(transform) for transform in self.transforms],
            "special_times": self.special_times.value,
            "published": [(field.name, str(field.type)) for field in self.published_schema],
        }
        if self.nested:
            declared["joins"] = [
                (str(join.table), join.key, join.own, [column.source_name for column in join.columns])
                for join in self.selection.joins
            ]
        return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()

    @property
    def _nested(self) -> tuple[Relation, ...]:
        there = {relation.name: relation for relation in self.relations}
        return tuple(there[name] for name in self.nested)

    def _source_name(self, name: str) -> str:
        return next(column.selected.source_name for column in self.columns if column.name == name)

    def _standardizing(self, relations: Sequence[Relation]) -> list[StandardizeTimestamps]:
        if self.special_times is SpecialTimes.TEXT:
            return []
        return [StandardizeTimestamps(one.naive_times, one.zone) for one in relations if one.naive_times]

    def _time(self) -> TimeColumn | None:
        if self.time_column is None:
            return None
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


def _about(transform: EnrichContext, column_map: Mapping[str, str], others: set[str]) -> dict[str, str]:
    """Return the column map without what is about `others`, columns of a relation, alone."""
    read = transform.lookup.columns if transform.lookup else ()
    return {ours: theirs for ours, theirs in column_map.items() if ours in read or ours not in others}
