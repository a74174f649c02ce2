from typing import ClassVar

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.description import describe
from export_pipeline.transforms.flatten_json import FlattenJson, JsonField
from export_pipeline.transforms.transform import Transform


class Bare(Transform):
    name: ClassVar[str] = "bare"

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch


def test_nested_parameters_become_plain_json() -> None:
    assert describe(FlattenJson("data", (JsonField("a.b", "int64"),))) == {
        "name": "flatten_json",
        "version": 1,
        "parameters": {"column": "data", "fields": [{"path": "a.b", "type": "int64", "output": None}]},
    }


def test_transform_whose_parameters_cannot_be_seen_is_refused() -> None:
    with pytest.raises(ConfigError, match="bare: Bare is no dataclass"):
        describe(Bare())
