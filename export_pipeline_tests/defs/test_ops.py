"""The ops make a plan and touch no row; the plan that arrives is the dataset's whole one."""

import pickle
from dataclasses import replace

import pytest
from dagster import build_op_context

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.defs.config import DatasetRunConfig, ValidateConfig
from export_pipeline.defs.ops import extract_op, publish_op, transform_op, validate_op
from export_pipeline.plan import ExportPlan

EVERYTHING = DatasetRunConfig(
    batch_rows=10,
    batch_bytes=1000,
    connect_timeout_s=1,
    lock_timeout_s=2,
    statement_timeout_s=3,
    idle_in_transaction_timeout_s=4,
    network_silence_s=5,
    validation_level="basic",
    on_invalid="fail",
    max_invalid_ratio=0.5,
)
CHECKS = ValidateConfig(validation_level="basic", on_invalid="fail", max_invalid_ratio=0.5)


@pytest.mark.parametrize("name", DATASETS)
def test_the_steps_of_the_graph_add_up_to_the_whole_plan(name: str) -> None:
    dataset = DATASETS[name]
    plan = extract_op(dataset)(build_op_context(), EVERYTHING)
    plan = validate_op(dataset)(CHECKS, plan)
    for transform in dataset.transforms:
        plan = transform_op(dataset, transform)(plan)
    plan = publish_op(dataset)(plan)
    whole = ExportPlan.whole(dataset, EVERYTHING.limits, EVERYTHING.policy)
    assert plan == replace(whole, timeouts=EVERYTHING.timeouts)
    travelled = pickle.loads(pickle.dumps(plan))
    assert travelled.dataset.fingerprint == dataset.fingerprint
    assert (travelled.limits, travelled.policy, travelled.transforms, travelled.timeouts) == (
        plan.limits,
        plan.policy,
        plan.transforms,
        plan.timeouts,
    )


def test_only_a_step_that_joins_a_side_table_waits_for_one() -> None:
    logs = DATASETS["logs"]
    waiting = {step.name for step in logs.transforms if "side_table" in transform_op(logs, step).ins}
    assert waiting == {"enrich_context"}
