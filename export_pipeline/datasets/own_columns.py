"""The columns that a user's own functions and computed fields make: they declare themselves.

All other columns of a dataset are declared in its file; these are found by asking the transforms.
"""

from collections.abc import Sequence

import pyarrow as pa

from export_pipeline.transforms.compute import ComputeFields
from export_pipeline.transforms.custom import CustomTransform
from export_pipeline.transforms.transform import Transform
from export_pipeline.write.hints import published_field


def with_own_columns(declared: pa.Schema, read: pa.Schema, transforms: Sequence[Transform]) -> pa.Schema:
    """Return `declared` with what self-declaring transforms add, change and leave out of what is `read`.

    What another transform gives otherwise than declared stays as declared, for the plan to find.
    """
    if not any(_declares_itself(transform) for transform in transforms):
        return declared
    schema = read
    own: dict[str, str] = {}
    gone: set[str] = set()
    for transform in transforms:
        before, schema = schema, transform.output_schema(schema)
        if _declares_itself(transform):
            own |= {one.name: transform.name for one in schema if _is_new(one, before)}
            gone |= set(before.names) - set(schema.names)
    fields = {one.name: one for one in declared if one.name not in gone or one.name in schema.names}
    made = {
        one.name: published_field(one.name, one.type, f"Made by {own[one.name]}") for one in schema if one.name in own
    }
    order = [name for name in schema.names if name in made or name in fields]
    return pa.schema([made.get(name) or fields[name] for name in dict.fromkeys([*order, *fields])])


def personal_columns(personal: frozenset[str], read: pa.Schema, transforms: Sequence[Transform]) -> frozenset[str]:
    """Return `personal` with the columns that self-declaring transforms make of such columns."""
    if not personal or not any(_declares_itself(transform) for transform in transforms):
        return personal
    schema = read
    for transform in transforms:
        if _declares_itself(transform):
            made = transform.lineage_over(schema)
            personal |= {name for name, inputs in made.items() if personal & {one.column for one in inputs}}
        schema = transform.output_schema(schema)
    return personal


def _declares_itself(transform: Transform) -> bool:
    return isinstance(transform, CustomTransform | ComputeFields)


def _is_new(one: pa.Field, before: pa.Schema) -> bool:
    return one.name not in before.names or not before.field(one.name).type.equals(one.type)
