import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.columns import append_fields, find_field, rebuild_batch, replace_field

SCHEMA = pa.schema([pa.field("a", pa.string()), pa.field("ID", pa.int32()), pa.field("id", pa.int64())])


def test_names_are_told_apart_by_case() -> None:
    assert find_field("t", SCHEMA, "ID", pa.types.is_integer, "an integer").type == pa.int32()


def test_column_that_is_there_twice_is_refused() -> None:
    doubled = SCHEMA.append(pa.field("a", pa.string()))
    with pytest.raises(ConfigError, match="column 'a' is there more than once"):
        find_field("t", doubled, "a", pa.types.is_string, "a string")


def test_wrong_type_is_named_with_the_expected_one() -> None:
    with pytest.raises(ConfigError, match="column 'id' is int64, expected a string"):
        find_field("t", SCHEMA, "id", pa.types.is_string, "a string")


def test_two_outputs_of_one_name_clash() -> None:
    with pytest.raises(ConfigError, match="output 'x' clashes"):
        append_fields("t", SCHEMA, [pa.field("x", pa.int8()), pa.field("x", pa.int8())])


def test_replaced_field_keeps_its_place() -> None:
    assert replace_field(SCHEMA, pa.field("ID", pa.string())).types == [pa.string(), pa.string(), pa.int64()]


def test_rebuilt_batch_takes_what_is_named_and_keeps_the_rest() -> None:
    batch = pa.record_batch([pa.array(["x"]), pa.array([1], pa.int32()), pa.array([2])], schema=SCHEMA)
    schema = SCHEMA.append(pa.field("new", pa.bool_()))
    rebuilt = rebuild_batch(batch, schema, {"a": pa.array(["y"]), "new": pa.array([True])})
    assert rebuilt.to_pylist() == [{"a": "y", "ID": 1, "id": 2, "new": True}]
