"""Columns of a relation as an object within the row, whatever the columns are called."""

import io
import json
from typing import Any

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.json_objects import keys_of
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.hints import published_field

ID, NAME = "device__id", "device__name"
SCHEMA = pa.schema(
    [
        published_field("a", pa.int64(), ""),
        published_field(ID, pa.int32(), "", relation="device"),
        published_field("b", pa.float64(), ""),
        published_field(NAME, pa.string(), "", relation="device"),
        published_field("device__details", pa.string(), "", json=True, relation="device"),
        published_field("device__seen", pa.timestamp("us", "UTC"), "", relation="device"),
    ]
)


def rows(schema: pa.Schema, values: list[dict[str, Any]]) -> list[str]:
    sink = io.BytesIO()
    writer = FORMATS["jsonl"].open(sink, schema)
    writer.write(pa.RecordBatch.from_pylist(values, schema=schema).replace_schema_metadata(None))
    writer.close()
    return sink.getvalue().decode().splitlines()


def test_a_relation_is_an_object_where_its_first_column_stands() -> None:
    (row,) = rows(
        SCHEMA, [{"a": 1, ID: 2, "b": 0.5, NAME: 'x "y"', "device__details": '{"n": 1.10}', "device__seen": 0}]
    )
    assert row == (
        '{"a":1,"device":{"id":2,"name":"x \\"y\\"","details":{"n": 1.10},'
        '"seen":"1970-01-01T00:00:00.000000Z"},"b":0.5}'
    )


def test_there_is_no_object_where_there_is_no_related_row() -> None:
    found = [json.loads(row)["device"] for row in rows(SCHEMA, [{"a": 1}, {ID: 5}, {"device__details": "null"}, {}])]
    nothing = dict.fromkeys(("id", "name", "details", "seen"))
    assert found == [None, {**nothing, "id": 5}, nothing, None]


def test_one_row_without_a_related_one_is_a_row() -> None:
    assert json.loads(rows(SCHEMA, [{"a": 1}])[0]) == {"a": 1, "device": None, "b": None}


def test_keys_are_names_whatever_is_in_them() -> None:
    names = ["^a.*$", "*", 'weird "name"', "back\\slash", "new\nline", "a", "A", "x__y", " "]
    schema = pa.schema(
        [
            *(published_field(name, pa.int64(), "") for name in names),
            *(published_field(f"r__{name}", pa.float64(), "", relation="r") for name in names),
        ]
    )
    (row,) = rows(schema, [{**dict.fromkeys(names, 1), **{f"r__{name}": float("nan") for name in names}}])
    assert json.loads(row) == {**dict.fromkeys(names, 1), "r": dict.fromkeys(names, "NaN")}


def test_a_column_called_like_a_relation_is_refused() -> None:
    both = SCHEMA.append(published_field("device", pa.int32(), ""))
    with pytest.raises(ConfigError, match="device would be a column and a nested object"):
        FORMATS["json"].open(io.BytesIO(), both)


def test_a_row_has_a_key_for_each_column_and_each_relation() -> None:
    assert keys_of(SCHEMA) == ["a", "device", "b"]
