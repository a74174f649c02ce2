"""Columns that declare themselves: added, changed, left out, described, personal where what they are made of is."""

from dataclasses import replace

import pyarrow as pa
import pytest

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.lineage import ColumnOrigin, column_origins
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy
from export_pipeline.shape import Shape
from export_pipeline.transforms.compute import Computed, ComputeFields
from export_pipeline.transforms.custom import CustomTransform
from export_pipeline.transforms.transform import Transform
from export_pipeline.write import hints

OWN = "export_pipeline_tests.transforms.own_functions"
LOGS, IPS = DATASETS["logs"], DATASETS["ips"]
SHOUT = CustomTransform(f"{OWN}:shout")


def with_transforms(*transforms: Transform, dataset: Dataset = LOGS) -> Dataset:
    return replace(dataset, transforms=transforms)


def whole(dataset: Dataset) -> ExportPlan:
    return ExportPlan.whole(dataset, BatchLimits(), CheckPolicy())


def test_a_column_of_ones_own_is_described_by_its_transform() -> None:
    field = with_transforms(*LOGS.transforms, SHOUT).published_schema.field("shouted")
    assert field.type == pa.string()
    assert hints.description(field) == "Made by custom_shout"


def test_the_plan_agrees_wherever_the_transform_stands() -> None:
    for place in range(len(LOGS.transforms) + 1):
        dataset = with_transforms(*LOGS.transforms[:place], SHOUT, *LOGS.transforms[place:])
        schema = whole(dataset).published_schema
        assert schema.equals(dataset.published_schema, check_metadata=True)
        assert set(schema.names) == {*LOGS.published_schema.names, "shouted"}


def test_what_another_transform_gives_otherwise_than_declared_is_still_found() -> None:
    with pytest.raises(ConfigError, match=r"device_name missing \(declared: string\)"):
        _ = whole(with_transforms(*LOGS.transforms[:-1], SHOUT)).published_schema


def test_a_column_may_be_left_out_or_retyped() -> None:
    dataset = with_transforms(*LOGS.transforms, CustomTransform(f"{OWN}:without_raw"))
    schema = whole(dataset).published_schema
    assert "raw_message" not in schema.names
    assert schema.field("push_attempts").type == pa.string()


def test_its_origin_is_what_it_may_be_made_of() -> None:
    origins = column_origins(with_transforms(*LOGS.transforms, SHOUT, ComputeFields((Computed("next", "id+1"),))))
    assert origins["next"] == {ColumnOrigin(LOGS.table, "id")}
    assert {ColumnOrigin(LOGS.table, name) for name in ("message", "device_ip")} < origins["shouted"]


def test_a_field_computed_for_one_export_is_personal_too() -> None:
    shape = Shape(ComputeFields((Computed("a", "upper(address)"), Computed("b", "request_count+1"))))
    assert replace(whole(IPS), shape=shape).personal_columns == {"address", "a"}


def test_what_may_be_made_of_personal_data_is_personal() -> None:
    fields = ComputeFields(
        (Computed("a", "upper(address)"), Computed("b", "request_count+1"), Computed("c", "a || '!'"))
    )
    assert with_transforms(*IPS.transforms, fields, dataset=IPS).personal_columns == {"address", "a", "c"}
    clean = CustomTransform(f"{OWN}:twice")
    assert with_transforms(*IPS.transforms, clean, dataset=IPS).personal_columns == {"address", "twice"}
    message = ComputeFields((Computed("message", "address || '!'"),))
    both = with_transforms(*IPS.transforms, message, SHOUT, dataset=IPS)
    assert both.personal_columns == {"address", "message", "shouted"}
    assert with_transforms(*LOGS.transforms, SHOUT).personal_columns == frozenset()
