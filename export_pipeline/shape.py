"""The last step of a one-off export: which of the transformed rows, which columns in which order, which computed ones.

Nightly partitions have no shape: they publish every row and column. Unlike a transform, a shape may leave rows out;
how many, is counted, so that every row of the source's snapshot stays accounted for.
"""

from dataclasses import dataclass

import pyarrow as pa

from export_pipeline.errors import ConfigError
from export_pipeline.filters.condition import Filter
from export_pipeline.filters.evaluate import mask
from export_pipeline.transforms.compute import ComputeFields
from export_pipeline.write.hints import published_field


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that every row carries, such as the id of the export."""

    name: str
    value: str
    description: str

    @property
    def field(self) -> pa.Field:
        """The published column."""
        return published_field(self.name, pa.string(), self.description, low_cardinality=True)


@dataclass(frozen=True, slots=True)
class Shape:
    """Adds `computed` columns, keeps the rows that `kept` is true for, chooses `columns` in order, adds `constants`.

    Nothing given keeps everything.
    """

    computed: ComputeFields = ComputeFields()  # noqa: RUF009 - frozen
    kept: Filter | None = None
    columns: tuple[str, ...] = ()
    constants: tuple[Constant, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything stays as it is."""
        return self == Shape()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema that `apply` gives for batches of `schema`. Raises: ConfigError for an unknown column."""
        whole = self.computed.output_schema(schema)
        if unknown := [name for name in self.columns if name not in whole.names]:
            raise ConfigError(f"there is no column {', '.join(unknown)}; there are {', '.join(whole.names)}")
        chosen = [whole.field(name) for name in self.columns or whole.names]
        return pa.schema([*chosen, *(constant.field for constant in self.constants)])

    def mask(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """Return true for each row that stays."""
        if self.kept is None:
            return pa.repeat(pa.scalar(value=True), batch.num_rows)
        return mask(self.kept, self.computed.apply(batch))

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows that stay, in their order, in `output_schema(batch.schema)`."""
        schema = self.output_schema(batch.schema)
        whole = self.computed.apply(batch)
        kept = whole.filter(mask(self.kept, whole)) if self.kept else whole
        chosen = [kept.column(name) for name in self.columns or kept.schema.names]
        added = [pa.repeat(pa.scalar(constant.value), kept.num_rows) for constant in self.constants]
        return pa.RecordBatch.from_arrays([*chosen, *added], schema=schema)
