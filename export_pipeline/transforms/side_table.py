"""The side table of a join, once it is read: its keys, each there once, and the values to take over.

Which columns are joined to what is `enrich_context.py`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.errors import TransformError
from export_pipeline.transforms.transform import Lookup

OUTPUT_TYPES: Final = {
    "string": pa.string(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class JoinedColumn:
    """One column to take over: `column` of the side table becomes `output`, of `type` (see `OUTPUT_TYPES`).

    The type is declared because the published schema must be known before the side table is read.
    """

    column: str
    output: str
    type: str = "string"


@dataclass(frozen=True, slots=True)
class SideTable:
    """The rows of `lookup`: `keys` (integers as int64, others as read) and `values` by output name."""

    lookup: Lookup
    keys: pa.Array
    values: dict[str, pa.Array]

    def join(self, wanted: pa.Array) -> dict[str, pa.Array]:
        """Return `values` for each of the `wanted` keys; NULL for a key that is NULL or not there.

        Raises: TransformError when the two sides' keys have types that do not compare.
        """
        wanted = _widen(wanted)
        if wanted.type != self.keys.type:
            raise TransformError(
                f"transform enrich_context: the batch's key is {wanted.type}, but {self.lookup.table}."
                f"{self.lookup.columns[0]} is {self.keys.type}. Join columns of one type."
            )
        rows = pc.index_in(wanted, self.keys, skip_nulls=True)
        return {output: array.take(rows) for output, array in self.values.items()}


def index_side_table(lookup: Lookup, table: pa.Table, outputs: Sequence[JoinedColumn]) -> SideTable:
    """Return `table`, the rows of `lookup`, ready to be joined; its first column is the key.

    Raises: TransformError when a key is there twice, or a column is missing or not of its declared type.
    """
    missing = [column for column in lookup.columns if column not in table.schema.names]
    if missing:
        raise TransformError(
            f"transform enrich_context: {lookup.table} was read without {', '.join(missing)}; "
            f"there is: {', '.join(table.schema.names)}. Correct the lookup's columns."
        )
    keys = _widen(_combine(table.column(lookup.columns[0])))
    _refuse_repeated_keys(lookup, keys)
    return SideTable(lookup, keys, {output.output: _read_values(lookup, table, output) for output in outputs})


def _refuse_repeated_keys(lookup: Lookup, keys: pa.Array) -> None:
    counts = pc.value_counts(keys.drop_null())
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    if len(repeated) > 0:
        raise TransformError(
            f"transform enrich_context: {lookup.table}.{lookup.columns[0]} has key {repeated[0].as_py()!r} "
            "more than once, so a row would have two matches. Make the key unique, or look it up in a view "
            "that is."
        )


def _read_values(lookup: Lookup, table: pa.Table, output: JoinedColumn) -> pa.Array:
    column = table.column(output.column)
    try:
        return _combine(column).cast(OUTPUT_TYPES[output.type])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise TransformError(
            f"transform enrich_context: {lookup.table}.{output.column} is {column.type} and cannot become "
            f"the declared {output.type}: {exc}. Declare another type for output {output.output!r}."
        ) from exc


def _combine(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _widen(keys: pa.Array) -> pa.Array:
    return keys.cast(pa.int64()) if pa.types.is_integer(keys.type) else keys
