"""The last step of a one-off export: which of the transformed rows, which columns in which order, which computed ones.

Nightly partitions have no shape: they publish every row and column. Unlike a transform, a shape may leave rows out;
how many, is counted, so that every row of the source's snapshot stays accounted for.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.errors import ConfigError
from export_pipeline.filters.condition import AllOf, Filter, all_of, columns_of
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

    Nothing given keeps everything. Fields are computed for the rows that the other columns' conditions keep.
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
        before, after = self._kept_parts()
        early = mask(before, batch) if before else pa.repeat(pa.scalar(value=True), batch.num_rows)
        if after is None:
            return early
        late = mask(after, self.computed.apply(batch.filter(early)))
        return pc.replace_with_mask(early, early, late)

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows that stay, in their order, in `output_schema(batch.schema)`."""
        schema = self.output_schema(batch.schema)
        before, after = self._kept_parts()
        whole = self.computed.apply(batch.filter(mask(before, batch)) if before else batch)
        kept = whole.filter(mask(after, whole)) if after else whole
        chosen = [kept.column(name) for name in self.columns or kept.schema.names]
        added = [pa.repeat(pa.scalar(constant.value), kept.num_rows) for constant in self.constants]
        return pa.RecordBatch.from_arrays([*chosen, *added], schema=schema)

    def _kept_parts(self) -> tuple[Filter | None, Filter | None]:
        """Return what is judged before the computed fields, so that these need no value in rows left out, and after."""
        if self.kept is None:
            return None, None
        parts = self.kept.parts if isinstance(self.kept, AllOf) else (self.kept,)
        computed = {one.name for one in self.computed.fields}
        after = [part for part in parts if columns_of(part) & computed]
        return all_of(part for part in parts if part not in after), all_of(after)
