import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.write.formats.format import check_batch, check_columns


def test_all_names_that_occur_twice_are_named() -> None:
    fields = [pa.field(name, pa.int64()) for name in "abcba"]
    with pytest.raises(ConfigError, match="x: two columns are named a, b; rename"):
        check_columns(pa.schema(fields), "x")


def test_names_that_differ_in_case_are_two_names() -> None:
    check_columns(pa.schema([("id", pa.int64()), ("ID", pa.int64())]), "x")


def test_only_hints_may_differ_between_a_batch_and_its_file() -> None:
    schema = pa.schema([pa.field("a", pa.int64(), metadata={"description": "x"})])
    check_batch(pa.record_batch({"a": [1]}), schema)
    with pytest.raises(TransformError, match="found a string; expected a int64"):
        check_batch(pa.record_batch({"a": ["1"]}), schema)
