"""The recipe of an export: built op by op, frozen, picklable, without a secret."""

import pickle
from dataclasses import replace

import pyarrow as pa
import pytest

from export_pipeline.datasets.columns import DerivedColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.plan import ExportPlan, Origin
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.write import hints

LOGS = DATASETS["logs"]
POLICY = CheckPolicy(Level.STRICT, OnInvalid.QUARANTINE, 0.5)
EACH_DATASET = pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))


@EACH_DATASET
def test_the_ops_of_a_dataset_arrive_at_its_whole_plan(dataset: Dataset) -> None:
    plan = ExportPlan(dataset, BatchLimits(7)).checked(POLICY)
    for transform in dataset.transforms:
        plan = plan.transformed(transform.name)
    assert plan == ExportPlan.whole(dataset, BatchLimits(7), POLICY)


@EACH_DATASET
def test_a_plan_pickles(dataset: Dataset) -> None:
    plan = ExportPlan.whole(dataset, BatchLimits(), POLICY)
    copy = pickle.loads(pickle.dumps(plan))
    assert copy.published_schema.equals(plan.published_schema, check_metadata=True)
    assert (copy.config, copy.origin, copy.dataset.fingerprint) == (
        plan.config,
        plan.origin,
        dataset.fingerprint,
    )
    assert copy.transforms == plan.transforms


@EACH_DATASET
def test_the_transforms_give_exactly_what_is_declared(dataset: Dataset) -> None:
    plan = ExportPlan.whole(dataset, BatchLimits(), POLICY)
    assert plan.published_schema.equals(dataset.published_schema, check_metadata=True)
    assert all(hints.description(field) for field in plan.published_schema)
    assert ExportPlan.published(dataset).published_schema.equals(plan.published_schema, check_metadata=True)


def test_without_transforms_the_source_is_published_as_it_is() -> None:
    plan = ExportPlan(LOGS)
    assert plan.published_schema.equals(plan.source_schema)
    # The declared description goes with a column of the declared type only: here the times are naive still.
    assert hints.description(plan.published_schema.field("message"))
    assert plan.published_schema.field("timestamp").metadata is None


def test_a_transform_that_is_not_declared_is_refused_by_name() -> None:
    with pytest.raises(
        ConfigError, match="dataset logs declares no transform 'shout'; it has standardize_timestamps, "
    ):
        ExportPlan(LOGS).transformed("shout")


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (
            replace(LOGS, derived=(*LOGS.derived, DerivedColumn("extra", pa.int8(), "x"))),
            r"extra missing \(declared: int8\)",
        ),
        (replace(LOGS, derived=LOGS.derived[:-1]), r"device_name string \(declared: missing\)"),
        (replace(LOGS, retyped={}), r"timestamp timestamp\[us, tz=UTC\] \(declared: timestamp\[us\]\)"),
        (replace(LOGS, derived=LOGS.derived[::-1]), "the declared columns in another order"),
    ],
)
def test_transforms_that_give_something_else_are_refused_by_column(dataset: Dataset, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _ = ExportPlan.whole(dataset, BatchLimits(), POLICY).published_schema


def test_the_manifest_says_what_was_chosen() -> None:
    assert ExportPlan.whole(LOGS, BatchLimits(10, 20), POLICY).config == {
        "batch_rows": 10,
        "batch_bytes": 20,
        "validation_level": "strict",
        "on_invalid": "quarantine",
        "max_invalid_ratio": 0.5,
    }


def test_a_plan_for_what_is_published_reads_no_source() -> None:
    assert ExportPlan.published(LOGS).origin is Origin.PUBLISHED
