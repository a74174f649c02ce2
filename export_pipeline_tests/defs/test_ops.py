"""The ops make a plan and touch no row; the plan that arrives is the dataset's whole one."""

import pickle

import pytest
from dagster import Failure, build_op_context

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.defs.config import ExtractConfig, ValidateConfig
from export_pipeline.defs.ops import TRANSFORM_OPS, extract_op, publish_op, validate_op
from export_pipeline.plan import ExportPlan
from export_pipeline.transforms.registry import TRANSFORMS

LIMITS = ExtractConfig(batch_rows=10, batch_bytes=1000)
CHECKS = ValidateConfig(validation_level="basic", on_invalid="fail", max_invalid_ratio=0.5)


@pytest.mark.parametrize("name", DATASETS)
def test_the_steps_of_the_graph_add_up_to_the_whole_plan(name: str) -> None:
    dataset = DATASETS[name]
    plan = extract_op(dataset)(LIMITS)
    plan = validate_op(CHECKS, plan)
    for transform in dataset.transforms:
        plan = TRANSFORM_OPS[transform.name](build_op_context(), plan)
    plan = publish_op(plan)
    assert plan == ExportPlan.whole(dataset, LIMITS.limits, CHECKS.policy)
    travelled = pickle.loads(pickle.dumps(plan))
    assert travelled.dataset.fingerprint == dataset.fingerprint
    assert (travelled.limits, travelled.policy, travelled.transforms) == (
        plan.limits,
        plan.policy,
        plan.transforms,
    )


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transforms_op_says_in_the_ui_what_it_does(name: str) -> None:
    described = TRANSFORM_OPS[name].description
    assert described
    assert "\n" not in described


def test_a_transform_that_the_dataset_does_not_declare_is_refused() -> None:
    plan = ExportPlan(DATASETS["ips"])
    with pytest.raises(Failure, match="dataset ips declares no transform 'clean_message'"):
        TRANSFORM_OPS["clean_message"](build_op_context(), plan)
