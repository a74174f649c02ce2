"""The recipe of one export: what to read, how to check it, how to transform it. Values only, no data.

Each op of a dataset's graph returns the plan with its part added; `flow.py` runs it. A plan is frozen and
picklable, and holds no secret, so it may cross process borders and rest in a run's storage.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import pyarrow as pa

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.own_columns import personal_columns
from export_pipeline.errors import ConfigError
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.selection import Selection
from export_pipeline.extract.source import Timeouts
from export_pipeline.filters.condition import Filter
from export_pipeline.schemas.policy import CheckPolicy, Level
from export_pipeline.shape import Shape
from export_pipeline.transforms.transform import Transform


class Origin(StrEnum):
    """Where the rows come from: the database, or the Parquet file that was published from it."""

    SOURCE = "source"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What an export does; which partition of it, is said when it runs."""

    dataset: Dataset
    limits: BatchLimits = BatchLimits()  # noqa: RUF009 - frozen
    policy: CheckPolicy = CheckPolicy(level=Level.NONE)  # noqa: RUF009 - frozen
    transforms: tuple[Transform, ...] = ()
    origin: Origin = Origin.SOURCE
    timeouts: Timeouts | None = None
    """How long to wait for the source; None for what the source itself says."""
    predicate: Filter | None = None
    """Which rows the server is asked for; None for all of the window."""
    is_tracked: bool = True
    """Whether later looks compare the source with what is published of it."""
    limit: int | None = None
    """How many rows are read at most; None for all."""
    shape: Shape = Shape()  # noqa: RUF009 - frozen
    """What becomes of the transformed rows; by itself, nothing."""

    @classmethod
    def whole(cls, dataset: Dataset, limits: BatchLimits, policy: CheckPolicy) -> "ExportPlan":
        """Return the plan that a dataset's graph of ops arrives at."""
        return cls(dataset, limits, policy, dataset.transforms)

    @classmethod
    def published(cls, dataset: Dataset) -> "ExportPlan":
        """Return the plan that reads what is published already, to write it in another format."""
        return cls(dataset, transforms=dataset.transforms, origin=Origin.PUBLISHED)

    def checked(self, policy: CheckPolicy) -> "ExportPlan":
        """Return the plan with this validation."""
        return replace(self, policy=policy)

    def transformed(self, name: str) -> "ExportPlan":
        """Return the plan with the dataset's transform `name` added behind those there are."""
        declared = {transform.name: transform for transform in self.dataset.transforms}
        if name not in declared:
            raise ConfigError(
                f"dataset {self.dataset.name} declares no transform {name!r}; it has {', '.join(declared)}"
            )
        return replace(self, transforms=(*self.transforms, declared[name]))

    @property
    def source_schema(self) -> pa.Schema:
        """The schema of the batches that are read and checked."""
        return self.selection.arrow_schema

    @property
    def selection(self) -> Selection:
        """What is read, without its window."""
        return replace(self.dataset.selection, predicate=self.predicate, is_tracked=self.is_tracked, limit=self.limit)

    @property
    def published_schema(self) -> pa.Schema:
        """The schema of the file. Raises: ConfigError where the transforms do not give what is declared."""
        return self.shape.output_schema(self.transformed_schema)

    @property
    def transformed_schema(self) -> pa.Schema:
        """The schema of the transformed rows. Raises: ConfigError where it is not what is declared."""
        schema = self.source_schema
        for transform in self.transforms:
            schema = transform.output_schema(schema)
        declared = self.dataset.published_schema
        if self.transforms == self.dataset.transforms and not schema.equals(declared):
            raise ConfigError(
                f"dataset {self.dataset.name}: its transforms give {_differences(schema, declared)}; "
                f"mend its declaration in datasets/{self.dataset.name}.py"
            )
        return pa.schema([_described(field, declared) for field in schema])

    @property
    def personal_columns(self) -> frozenset[str]:
        """The columns that hold or repeat data about a person, computed ones among them."""
        return personal_columns(self.dataset.personal_columns, self.transformed_schema, (self.shape.computed,))

    @property
    def config(self) -> dict[str, object]:
        """What was chosen for this export, as it stands in the manifest."""
        return {
            "batch_rows": self.limits.rows,
            "batch_bytes": self.limits.bytes,
            "validation_level": self.policy.level.value,
            "on_invalid": self.policy.on_invalid.value,
            "max_invalid_ratio": self.policy.max_invalid_ratio,
        }


def _described(field: pa.Field, declared: pa.Schema) -> pa.Field:
    """Return the declared field, with its description and hints, where it is the same column."""
    index = declared.get_field_index(field.name)
    return declared.field(index) if index >= 0 and declared.field(index).type.equals(field.type) else field


def _differences(schema: pa.Schema, declared: pa.Schema) -> str:
    given = {field.name: str(field.type) for field in schema}
    wanted = {field.name: str(field.type) for field in declared}
    names = [*given, *(name for name in wanted if name not in given)]
    different = [
        f"{name} {given.get(name, 'missing')} (declared: {wanted.get(name, 'missing')})"
        for name in names
        if given.get(name) != wanted.get(name)
    ]
    return ", ".join(different) or "the declared columns in another order"
