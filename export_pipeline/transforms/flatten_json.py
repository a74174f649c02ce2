"""Fields of a JSON column become columns of their own; the JSON stays as it is.

What counts as a value of a type: `json_values.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.columns import append_fields, find_field, rebuild_batch
from export_pipeline.transforms.json_values import VALUE_TYPES, convert_values, read_paths
from export_pipeline.transforms.transform import Input, Lineage, Transform


@dataclass(frozen=True, slots=True)
class JsonField:
    """One value to take out of each document.

    `path` is its keys, joined by dots; `type` one of int64, int32, float64, string, bool; `output` the new
    column, by default `<JSON column>_<last key>`.
    """

    path: str
    type: str = "string"
    output: str | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys from the document's root to the value."""
        return tuple(self.path.split("."))


@dataclass(frozen=True, slots=True)
class FlattenJson(Transform):
    """Append one column for each of `fields`, read from the JSON texts of `column`.

    Text that is no JSON, a document of another shape and a value of another type give NULL.
    """

    name: ClassVar[str] = "flatten_json"

    column: str | None = None
    fields: tuple[JsonField, ...] = ()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` with the columns of `fields` at its end.

        Raises: ConfigError for an unknown column, one that is no string, an unknown type, or a clash of
        names.
        """
        if self.column is None:
            return schema
        find_field(self.name, schema, self.column, pa.types.is_string, "a string")
        return append_fields(self.name, schema, [self._output_field(self.column, field) for field in self.fields])

    def lineage(self) -> Lineage:
        """Return that every field is made of `column`."""
        column = self.column
        return {} if column is None else {_output_name(column, field): (Input(column),) for field in self.fields}

    def alters(self, columns: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - the base's argument
        """Return nothing: the JSON stays as it is."""
        return frozenset()

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` with the new columns."""
        if self.column is None:
            return batch
        schema = self.output_schema(batch.schema)
        # Structured data repeats itself: each distinct text is parsed once.
        encoded = batch.column(self.column).dictionary_encode()
        found = read_paths(encoded.dictionary.to_pylist(), [field.keys for field in self.fields])
        arrays = {
            _output_name(self.column, field): convert_values(values, field.type).take(encoded.indices)
            for field, values in zip(self.fields, found, strict=True)
        }
        return rebuild_batch(batch, schema, arrays)

    def _output_field(self, column: str, field: JsonField) -> pa.Field:
        if field.type not in VALUE_TYPES:
            raise ConfigError(
                f"transform {self.name}: field {field.path!r} of column {column!r} has type {field.type!r}; "
                f"allowed: {', '.join(VALUE_TYPES)}."
            )
        return pa.field(_output_name(column, field), VALUE_TYPES[field.type])


def _output_name(column: str, field: JsonField) -> str:
    return field.output or f"{column}_{field.keys[-1]}"
