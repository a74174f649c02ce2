"""The ops of a dataset's graph. Each adds its part to the export's plan; none touches a row.

The rows flow when the last op, `publish`, hands its plan to the IO manager. What the ops say in the UI is written in
`descriptions.py`. Dagster wants one op of a name in a code location, so each name begins with the dataset's; in the
graph they stand as `extract`, `validate`, the names of the transforms, and `publish`.
"""

from dagster import In, Nothing, OpDefinition, OpExecutionContext, Out, op

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.config import DatasetRunConfig, ValidateConfig
from export_pipeline.defs.descriptions import (
    extract_description,
    publish_description,
    transform_description,
    validate_description,
)
from export_pipeline.defs.plans import PLAN_IO_MANAGER
from export_pipeline.defs.pools import SOURCE_POOL
from export_pipeline.defs.retries import Attempt, retries_by_error_class
from export_pipeline.plan import ExportPlan
from export_pipeline.transforms.transform import Lookup, Transform


def extract_op(dataset: Dataset) -> OpDefinition:
    """Return the op that begins the plan: which table is read, in batches of what size, with how much patience."""

    @op(
        name=f"{dataset.name}_extract",
        description=extract_description(dataset),
        ins={"table": In(Nothing)},
        out=Out(ExportPlan, io_manager_key=PLAN_IO_MANAGER),
    )
    def extract(context: OpExecutionContext, config: DatasetRunConfig) -> ExportPlan:
        with retries_by_error_class(Attempt(context.instance, context.run_id)):
            # The first step speaks for all: whoever starts a run hears of every mistake at once.
            config.require_possible()
            return ExportPlan(dataset, config.limits, timeouts=config.timeouts)

    return extract


def validate_op(dataset: Dataset) -> OpDefinition:
    """Return the op that adds the checks to the plan."""

    @op(
        name=f"{dataset.name}_validate",
        description=validate_description(dataset),
        ins={"plan": In(ExportPlan)},
        out=Out(ExportPlan, io_manager_key=PLAN_IO_MANAGER),
    )
    def validate(config: ValidateConfig, plan: ExportPlan) -> ExportPlan:
        return plan.checked(config.policy)

    return validate


def transform_op(dataset: Dataset, transform: Transform) -> OpDefinition:
    """Return the op that adds one of the dataset's transforms; one that joins a side table waits for that too."""
    joins = isinstance(getattr(transform, "lookup", None), Lookup)

    @op(
        name=f"{dataset.name}_{transform.name}",
        description=transform_description(transform),
        ins={"plan": In(ExportPlan), **({"side_table": In(Nothing)} if joins else {})},
        out=Out(ExportPlan, io_manager_key=PLAN_IO_MANAGER),
    )
    def add_transform(plan: ExportPlan) -> ExportPlan:
        return plan.transformed(transform.name)

    return add_transform


def publish_op(dataset: Dataset) -> OpDefinition:
    """Return the op that hands the plan to the IO manager."""

    @op(
        name=f"{dataset.name}_publish",
        description=publish_description(dataset),
        ins={"plan": In(ExportPlan)},
        out=Out(ExportPlan, io_manager_key="parquet_io_manager"),
        pool=SOURCE_POOL,
    )
    def publish(plan: ExportPlan) -> ExportPlan:
        return plan

    return publish
