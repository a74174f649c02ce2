"""The last step of a one-off export: rows filtered, columns chosen and computed, constants added."""

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.filters.parse import parse_filter
from export_pipeline.shape import Constant, Shape
from export_pipeline.transforms.compute import ComputeFields, parse_compute

SCHEMA = pa.schema([pa.field("a", pa.int32()), pa.field("b", pa.string())])
BATCH = pa.RecordBatch.from_arrays([pa.array([1, 2, None], pa.int32()), pa.array(["x", None, "z"])], schema=SCHEMA)


def test_nothing_asked_for_keeps_everything() -> None:
    assert Shape().apply(BATCH).equals(BATCH)
    assert Shape().output_schema(SCHEMA).equals(SCHEMA)


def test_everything_together_gives_the_promised_schema() -> None:
    computed = ComputeFields((parse_compute("twice=a*2"),))
    constant = Constant("_from", "here", "Where it is from")
    shape = Shape(computed, parse_filter("twice >= 2"), ("b", "twice"), (constant,))
    found = shape.apply(BATCH)
    assert found.schema.equals(shape.output_schema(SCHEMA), check_metadata=True)
    assert found.to_pylist() == [
        {"b": "x", "twice": 2, "_from": "here"},
        {"b": None, "twice": 4, "_from": "here"},
    ]


def test_rows_may_all_go() -> None:
    found = Shape(kept=parse_filter("a > 99"), constants=(Constant("c", "v", "d"),)).apply(BATCH)
    assert (found.num_rows, found.schema.names) == (0, ["a", "b", "c"])


def test_a_filter_looks_at_columns_that_are_not_chosen() -> None:
    assert Shape(kept=parse_filter("a = 2"), columns=("b",)).apply(BATCH).to_pylist() == [{"b": None}]


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="there is no column c; there are a, b"):
        Shape(columns=("a", "c")).output_schema(SCHEMA)


DIVIDED = ComputeFields((parse_compute("x=12 / (a - 1)"),))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a > 1", [False, True, False, True]),
        ("a > 1 and x > 5", [False, True, False, False]),
        ("x > 5 and (a > 1 and b is null)", [False, True, False, False]),
        ("a > 9 and x > 5", [False] * 4),
    ],
)
def test_fields_are_computed_only_for_rows_that_the_other_conditions_keep(text: str, kept: list[bool]) -> None:
    batch = pa.record_batch([pa.array([1, 2, None, 5], pa.int32()), pa.array(["x", None, "z", "y"])], schema=SCHEMA)
    shape = Shape(DIVIDED, parse_filter(text))
    assert shape.mask(batch).to_pylist() == kept
    rows = [row for row, stays in zip(batch.to_pylist(), kept, strict=True) if stays]
    assert shape.apply(batch).select(["a", "b"]).to_pylist() == rows


def test_a_condition_that_may_hold_by_a_computed_field_is_judged_behind_it() -> None:
    with pytest.raises(TransformError, match="division by zero"):
        Shape(DIVIDED, parse_filter("a > 1 or x > 5")).apply(BATCH)
