"""Finding, replacing and adding columns: what every transform does to a schema and to a batch.

What a column's values become is each transform's own file; nothing here looks at a value.
"""

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from export_pipeline.errors import ConfigError

TypeTest = Callable[[pa.DataType], bool]


def find_field(transform: str, schema: pa.Schema, column: str, accepts: TypeTest, expected: str) -> pa.Field:
    """Return the field of `column`, which must be there once, of a type that `accepts` lets through.

    Raises: ConfigError, with the columns that are there, or the type found and the one `expected`.
    """
    indices = schema.get_all_field_indices(column)
    if len(indices) != 1:
        found = "is there more than once" if indices else "does not exist"
        raise ConfigError(
            f"transform {transform}: column {column!r} {found}; the columns are: {', '.join(schema.names)}. "
            f"Correct the parameters of {transform} in the dataset's declaration."
        )
    field = schema.field(indices[0])
    if not accepts(field.type):
        raise ConfigError(
            f"transform {transform}: column {column!r} is {field.type}, expected {expected}. "
            f"Name another column, or put the transform that makes it {expected} before {transform}."
        )
    return field


def replace_field(schema: pa.Schema, field: pa.Field) -> pa.Schema:
    """Return `schema` with `field` in the place of the one of its name."""
    return schema.set(schema.get_field_index(field.name), field)


def append_fields(transform: str, schema: pa.Schema, fields: Sequence[pa.Field]) -> pa.Schema:
    """Return `schema` with `fields` at its end. Raises: ConfigError when a name is taken already."""
    for field in fields:
        if field.name in schema.names:
            raise ConfigError(
                f"transform {transform}: its output {field.name!r} clashes with a column of that name; "
                f"the columns are: {', '.join(schema.names)}. Give the output another name."
            )
        schema = schema.append(field)
    return schema


def rebuild_batch(batch: pa.RecordBatch, schema: pa.Schema, arrays: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Return `batch` in `schema`: columns named in `arrays` from there, the others as they are.

    The columns of `batch` keep their positions; those that `schema` has beyond them must be in `arrays`.
    """
    kept = [arrays.get(name, column) for name, column in zip(batch.schema.names, batch.columns, strict=True)]
    added = [arrays[name] for name in schema.names[batch.num_columns :]]
    return pa.RecordBatch.from_arrays(kept + added, schema=schema)
