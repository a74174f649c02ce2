import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.flatten_json import FlattenJson, JsonField

TEXTS = ['{"priority": 8, "net": {"if": "eth0"}}', None, "broken", '{"priority": "8"}', '{"priority": 8}']
BATCH = pa.record_batch({"data": pa.array(TEXTS, pa.string())})


def test_fields_are_appended_in_their_order_and_the_json_stays() -> None:
    flatten = FlattenJson("data", (JsonField("net.if"), JsonField("priority", "int32", output="pri")))
    assert flatten.apply(BATCH).to_pydict() == {
        "data": TEXTS,
        "data_if": ["eth0", None, None, None, None],
        "pri": [8, None, None, None, 8],
    }


def test_column_without_fields_adds_nothing() -> None:
    assert FlattenJson("data").apply(BATCH).equals(BATCH)


def test_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"field 'a' of column 'data' has type 'int'; allowed: int64, int32"):
        FlattenJson("data", (JsonField("a", "int"),)).output_schema(BATCH.schema)


def test_two_paths_with_one_last_key_clash() -> None:
    with pytest.raises(ConfigError, match="output 'data_id' clashes"):
        FlattenJson("data", (JsonField("a.id"), JsonField("b.id"))).output_schema(BATCH.schema)
