"""Rows get what a small side table knows about them, such as the name of their device.

The side table is read once an export, in the export's own snapshot, by whoever runs the transform
(`flow.py`). The join itself: `side_table.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import pyarrow as pa

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.columns import append_fields, find_field, rebuild_batch
from export_pipeline.transforms.side_table import OUTPUT_TYPES, JoinedColumn, SideTable, index_side_table
from export_pipeline.transforms.transform import BatchFunction, Input, Lineage, Lookup, LookupReader, Transform


@dataclass(frozen=True, slots=True)
class EnrichContext(Transform):
    """Append `outputs` from the row of `lookup` whose first column equals `key`: a left join.

    A key that is NULL or not in the side table gives NULL. Integer keys of different widths are compared by
    value.
    """

    name: ClassVar[str] = "enrich_context"

    key: str | None = None
    lookup: Lookup | None = None
    outputs: tuple[JoinedColumn, ...] = ()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` with the columns of `outputs` at its end.

        Raises: ConfigError for an unknown column or type, a clash of names, or a key without a lookup.
        """
        if self.key is None:
            return schema
        find_field(self.name, schema, self.key, lambda _: True, "any type")
        fields = [self._output_field(self._given_lookup(), output) for output in self.outputs]
        return append_fields(self.name, schema, fields)

    def lineage(self) -> Lineage:
        """Return that every output is made of `key`, which chooses the row, and of a column of the side table."""
        if self.key is None:
            return {}
        key, table = Input(self.key), self._given_lookup().table
        return {output.output: (key, Input(output.column, table)) for output in self.outputs}

    def alters(self, columns: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - the base's argument
        """Return nothing: columns are only appended."""
        return frozenset()

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch`, if there is nothing to join.

        Raises: TransformError, because the side table is read by `prepare`: run the function that it returns.
        """
        if self.key is None:
            return batch
        raise TransformError(
            f"transform {self.name}: {self._given_lookup().table} has not been read. "
            "Call prepare(read_lookup) once an export, and the function it returns on each batch."
        )

    def prepare(self, read_lookup: LookupReader) -> BatchFunction:
        """Read the side table and return the function that joins a batch with it.

        Raises: TransformError when a key is there twice, or a column is missing or not of its declared type.
        """
        if self.key is None:
            return self.apply
        lookup = self._given_lookup()
        return partial(self._join, index_side_table(lookup, read_lookup(lookup), self.outputs))

    def reading(self, table: str | None, column_map: Mapping[str, str]) -> "EnrichContext":
        """Return the same join with another side table, or with columns of other names there (ours → theirs).

        Raises: ConfigError for a column that is not joined.
        """
        lookup = self._given_lookup()
        if unknown := [name for name in column_map if name not in lookup.columns]:
            raise ConfigError(
                f"transform {self.name}: the column map of {lookup.table} names {', '.join(unknown)}; "
                f"its columns are {', '.join(lookup.columns)}"
            )
        columns = tuple(column_map.get(name, name) for name in lookup.columns)
        outputs = tuple(replace(output, column=column_map.get(output.column, output.column)) for output in self.outputs)
        return replace(self, lookup=Lookup(table or lookup.table, columns), outputs=outputs)

    def _join(self, side_table: SideTable, batch: pa.RecordBatch) -> pa.RecordBatch:
        schema = self.output_schema(batch.schema)
        return rebuild_batch(batch, schema, side_table.join(batch.column(self.key)))

    def _given_lookup(self) -> Lookup:
        if self.lookup is None:
            raise ConfigError(
                f"transform {self.name}: key {self.key!r} is given without a lookup; name the side table."
            )
        return self.lookup

    def _output_field(self, lookup: Lookup, output: JoinedColumn) -> pa.Field:
        if output.column not in lookup.columns:
            raise ConfigError(
                f"transform {self.name}: output {output.output!r} wants column {output.column!r}, but the "
                f"lookup of {lookup.table} reads only: {', '.join(lookup.columns)}. Add it to its columns."
            )
        if output.type not in OUTPUT_TYPES:
            raise ConfigError(
                f"transform {self.name}: output {output.output!r} has type {output.type!r}; "
                f"allowed: {', '.join(OUTPUT_TYPES)}."
            )
        return pa.field(output.output, OUTPUT_TYPES[output.type])
