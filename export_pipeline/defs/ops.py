"""The ops of a dataset's graph. Each adds its part to the export's plan; none touches a row.

The rows flow when the last op, `publish`, hands its plan to the IO manager.
"""

from dagster import In, OpDefinition, Out, op

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.config import ExtractConfig, ValidateConfig
from export_pipeline.defs.retries import permanent_failures
from export_pipeline.plan import ExportPlan
from export_pipeline.transforms.registry import TRANSFORMS
from export_pipeline.transforms.transform import Transform

SOURCE_POOL = "source_db"
DESTINATION_POOL = "destination"


def extract_op(dataset: Dataset) -> OpDefinition:
    """Return the op that begins the plan: which table is read, in batches of what size."""

    @op(
        name=f"extract_{dataset.name}",
        description=f"Plan the reading of `{dataset.table}` in one snapshot, batch by batch. Takes no time itself.",
        out=Out(ExportPlan),
    )
    def extract(config: ExtractConfig) -> ExportPlan:
        with permanent_failures():
            return ExportPlan(dataset, config.limits)

    return extract


@op(
    name="validate",
    description="Add the checks of the dataset's pandera schema. They run on every batch before the transforms.",
    ins={"plan": In(ExportPlan)},
    out=Out(ExportPlan),
)
def validate_op(config: ValidateConfig, plan: ExportPlan) -> ExportPlan:
    """Add the checks to the plan."""
    with permanent_failures():
        return plan.checked(config.policy)


def _first_paragraph(described: type) -> str:
    return " ".join((described.__doc__ or "").split("\n\n")[0].split())


def transform_op(transform: type[Transform]) -> OpDefinition:
    """Return the op that adds the dataset's transform of this kind to the plan."""

    @op(
        name=transform.name,
        description=_first_paragraph(transform),
        ins={"plan": In(ExportPlan)},
        out=Out(ExportPlan),
    )
    def add_transform(plan: ExportPlan) -> ExportPlan:
        with permanent_failures():
            return plan.transformed(transform.name)

    return add_transform


TRANSFORM_OPS = {name: transform_op(transform) for name, transform in TRANSFORMS.items()}


@op(
    name="publish",
    description=(
        "Run the plan: stream the rows of each partition through checks and transforms into a Parquet file, and "
        "publish it whole. **All the rows flow here, and here the time goes.**"
    ),
    ins={"plan": In(ExportPlan)},
    out=Out(ExportPlan, io_manager_key="parquet_io_manager"),
    pool=SOURCE_POOL,
)
def publish_op(plan: ExportPlan) -> ExportPlan:
    """Hand the plan to the IO manager."""
    return plan
