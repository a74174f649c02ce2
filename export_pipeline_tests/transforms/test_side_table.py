import pyarrow as pa
import pytest

from export_pipeline.errors import TransformError
from export_pipeline.transforms.side_table import JoinedColumn, index_side_table
from export_pipeline.transforms.transform import Lookup

LOOKUP = Lookup("devices", ("id", "name"))
NAME = JoinedColumn("name", "device_name")


def join(keys: pa.Array, names: pa.Array, wanted: pa.Array, output: JoinedColumn = NAME) -> list[object]:
    table = pa.table({"id": keys, "name": names})
    found: list[object] = index_side_table(LOOKUP, table, (output,)).join(wanted)["device_name"].to_pylist()
    return found


@pytest.mark.parametrize("key_type", [pa.int16(), pa.int32(), pa.int64()])
@pytest.mark.parametrize("wanted_type", [pa.int16(), pa.int32(), pa.int64()])
def test_integer_keys_of_any_width_meet(key_type: pa.DataType, wanted_type: pa.DataType) -> None:
    assert join(pa.array([7, 8], key_type), pa.array(["a", "b"]), pa.array([8], wanted_type)) == ["b"]


def test_key_too_large_for_the_rows_type_matches_nothing() -> None:
    assert join(pa.array([2**40]), pa.array(["a"]), pa.array([1], pa.int32())) == [None]


def test_text_keys_meet() -> None:
    assert join(pa.array(["x", "X"]), pa.array(["a", "b"]), pa.array(["X", None, "y"])) == ["b", None, None]


def test_null_keys_never_match_even_each_other() -> None:
    keys = pa.array([None, None, 1], pa.int64())
    assert join(keys, pa.array(["a", "b", "c"]), pa.array([None, 1], pa.int64())) == [None, "c"]


def test_empty_side_table_gives_nulls() -> None:
    assert join(pa.array([], pa.int64()), pa.array([], pa.string()), pa.array([1, 2])) == [None, None]


def test_side_table_in_many_chunks_is_one_table() -> None:
    keys = pa.chunked_array([[1], [2, 3], []], pa.int64())
    names = pa.chunked_array([["a", "b"], ["c"]], pa.string())
    assert join(keys, names, pa.array([3, 2])) == ["c", "b"]


def test_repeated_key_is_refused_by_name() -> None:
    with pytest.raises(TransformError, match=r"devices\.id has key 7 more than once"):
        join(pa.array([7, 1, 7]), pa.array(["a", "b", "c"]), pa.array([1]))


def test_keys_that_do_not_compare_are_refused() -> None:
    with pytest.raises(TransformError, match=r"key is string, but devices\.id is int64"):
        join(pa.array([1]), pa.array(["a"]), pa.array(["1"]))


def test_column_that_was_not_read_is_named() -> None:
    with pytest.raises(TransformError, match="devices was read without name; there is: id"):
        index_side_table(LOOKUP, pa.table({"id": [1]}), (NAME,))


@pytest.mark.parametrize("names", [pa.array(["not a number"]), pa.array([[1]])])
def test_value_that_is_not_of_its_declared_type_is_refused(names: pa.Array) -> None:
    with pytest.raises(TransformError, match=r"devices\.name is .* cannot become the declared int32"):
        join(pa.array([1]), names, pa.array([1]), JoinedColumn("name", "device_name", "int32"))


def test_value_takes_its_declared_type() -> None:
    output = JoinedColumn("name", "device_name", "int32")
    assert join(pa.array([1]), pa.array([5], pa.int64()), pa.array([1]), output) == [5]
