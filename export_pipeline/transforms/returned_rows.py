"""What a user's function returned, held to what it returned without rows: the same rows, columns and types."""

import difflib
from collections.abc import Container

import pyarrow as pa

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.plain_types import plain_array, plain_type


def conform(table: pa.Table, rows: int, schema: pa.Schema, declared: Container[str], where: str) -> pa.RecordBatch:
    """Return `table` as a batch of `rows` rows of `schema`; columns of `declared` are cast to their type.

    Raises: TransformError, beginning with `where`, for other rows, other columns and other types.
    """
    if table.num_rows != rows:
        raise TransformError(
            f"{where}: it returned {table.num_rows} rows; it must return the same rows in the same order. To leave "
            "rows out, use filters"
        )
    if table.column_names != schema.names:
        raise TransformError(f"{where}: {_other_names(table.column_names, schema.names)}")
    arrays = [_array(table.column(one.name).combine_chunks(), one, one.name in declared, where) for one in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: pa.Array, wanted: pa.Field, declared: bool, where: str) -> pa.Array:  # noqa: FBT001 - of a column
    try:
        if declared or pa.types.is_null(values.type) or plain_type(values.type).equals(wanted.type):
            return plain_array(values, wanted.type)
    except (ConfigError, pa.ArrowException):
        pass  # the message names the types; Arrow's own would show a value
    raise TransformError(
        f"{where}: column {wanted.name!r} is {values.type}, which is not {wanted.type}, "
        + ("as it is declared" if declared else "as it was without rows")
        + f"; give it one type in the function, or declare it: columns={{{wanted.name!r}: 'string'}}"
    )


def _other_names(found: list[str], expected: list[str]) -> str:
    missing = [name for name in expected if name not in found]
    further = [name for name in found if name not in expected]
    if not missing and not further:
        return f"it returned the columns in another order: {', '.join(found)}"
    near = {name: difflib.get_close_matches(name, further, 1) for name in missing}
    said = [f"{name} (is {near[name][0]} meant?)" if near[name] else name for name in missing]
    return (
        f"it returned other columns than without rows: missing {', '.join(said) or 'none'}, "
        f"further {', '.join(further) or 'none'}"
    )
