"""A function of the user's own as a transform: `CustomTransform("mine:clean")`.

The function takes the rows as a pandas or Polars DataFrame, an Arrow table or record batch, as its first argument is
annotated, and returns the same kind with the same rows in the same order. Which columns that gives is found by calling
it without rows. The conversions are in `frames.py`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Final

import pyarrow as pa

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.frames import Frame, frame_of
from export_pipeline.transforms.plain_types import plain_type
from export_pipeline.transforms.returned_rows import conform
from export_pipeline.transforms.transform import Input, Lineage, Transform
from export_pipeline.transforms.type_words import type_of
from export_pipeline.user_functions import UserFunction, failure_of, find_function

_EXAMPLE: Final = "def clean(rows: polars.DataFrame) -> polars.DataFrame"


class _Name:
    """`custom` for the class, `custom_clean` for the transform that calls `mine:clean`."""

    def __get__(self, transform: "CustomTransform | None", owner: type) -> str:
        if transform is None or not transform.function:
            return "custom"
        return "custom_" + re.sub(r"[^A-Za-z0-9_]", "_", transform.function.partition(":")[2])


@dataclass(frozen=True, slots=True)
class CustomTransform(Transform):
    """Call `function`, `module:function`, with each batch and `parameters`.

    `columns` (name to type, such as `int64` or `decimal(12,2)`) declares the columns that the function adds or changes
    the type of; only needed where it cannot be called without rows. `source_sha256` is that of the function's file, so
    that partitions made with another one are out of date.
    """

    name: ClassVar[str] = _Name()  # type: ignore[assignment] # a text, wherever it is asked for

    function: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict, hash=False)
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    source_sha256: str = ""

    def __post_init__(self) -> None:
        """Find the function. Raises: ConfigError for one that cannot be called."""
        if self.function and not self.source_sha256:
            object.__setattr__(self, "source_sha256", self._found().source_sha256)
            _ = self._frame(), [type_of(word) for word in self.columns.values()]

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema of what the function returns for batches of `schema`.

        Raises: ConfigError where it fails without rows and `columns` is not given, or gives what cannot be published.
        """
        if not self.function:
            return schema
        given = {field.name: field for field in schema}
        found = _output_types(self, schema)
        fields = [
            given[name] if name in given and given[name].type.equals(kind) else pa.field(name, kind)
            for name, kind in found
        ]
        return pa.schema(fields, metadata=schema.metadata)

    def lineage_over(self, schema: pa.Schema) -> Lineage:
        """Return that a new column may be made of every column there is: what a function reads cannot be seen."""
        everything = tuple(Input(name) for name in schema.names)
        return {name: everything for name in self.output_schema(schema).names if name not in schema.names}

    def alters(self, columns: Iterable[str]) -> frozenset[str]:
        """Return all of `columns`: what a function changes cannot be seen."""
        return frozenset(columns) if self.function else frozenset()

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return what the function makes of `batch`.

        Raises: TransformError when it fails, or returns other rows or columns than it did without rows.
        """
        if not self.function:
            return batch
        schema = self.output_schema(batch.schema)
        return conform(self._called(batch), batch.num_rows, schema, self.columns, self._where(batch))

    def types_without_rows(self, schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
        """Return the columns that the function gives for no rows, and those of `columns`."""
        declared = {name: type_of(word) for name, word in self.columns.items()}
        try:
            table = self._called(pa.RecordBatch.from_pylist([], schema=schema))
            found = {one.name: declared.get(one.name) or self._plain(one) for one in table.schema}
            if absent := [name for name in declared if name not in found]:
                raise ConfigError(f"transform {self.name}: {self.function} does not return {', '.join(absent)}")
        except TransformError as error:
            if not declared:
                raise ConfigError(
                    f"{error} when it was called without rows, to learn its columns. Mend that, or declare what it "
                    f"adds or changes: CustomTransform({self.function!r}, columns={{'name': 'string'}})"
                ) from None
            found = {one.name: one.type for one in schema} | declared
        return list(found.items())

    def _plain(self, one: pa.Field) -> pa.DataType:
        try:
            return plain_type(one.type)
        except ConfigError as error:
            raise ConfigError(
                f"transform {self.name}: column {one.name!r} of {self.function}: {error}; or declare it, "
                f"columns={{{one.name!r}: 'string'}}"
            ) from None

    def _called(self, batch: pa.RecordBatch) -> pa.Table:
        frame = self._frame()
        try:
            returned = self._found().call(frame.given(batch), **self.parameters)
        except Exception as error:
            raise TransformError(f"transform {self.name}: {failure_of(self.function, error)}") from error
        return frame.taken(returned, batch.num_rows, self._where(batch))

    def _where(self, batch: pa.RecordBatch) -> str:
        return f"transform {self.name}: {self.function}, called with a batch of {batch.num_rows} rows"

    def _found(self) -> UserFunction:
        found = find_function(self.function, _EXAMPLE)
        found.accept(self.parameters)
        return found

    def _frame(self) -> Frame:
        found = self._found()
        return frame_of(found.takes, self.function, _EXAMPLE)


@lru_cache(maxsize=64)
def _output_types(transform: CustomTransform, schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    return transform.types_without_rows(schema)
