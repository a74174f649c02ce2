"""A dataset's assets: a graph of ops that publishes Parquet, and one asset for each format derived from it."""

import warnings
from collections.abc import Mapping, Sequence

from dagster import (
    AssetIn,
    AssetsDefinition,
    BackfillPolicy,
    BetaWarning,
    ConfigMapping,
    asset,
    graph_asset,
)

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.config import ExtractConfig, ValidateConfig, run_config_model
from export_pipeline.defs.io_managers import io_manager_key
from export_pipeline.defs.ops import DESTINATION_POOL, TRANSFORM_OPS, extract_op, publish_op, validate_op
from export_pipeline.defs.partitions import partitions_definition
from export_pipeline.plan import ExportPlan
from export_pipeline.settings import Settings
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS


def dataset_assets(dataset: Dataset, settings: Settings) -> Sequence[AssetsDefinition]:
    """Return the assets of one dataset: `logs`, and `logs_csv`, `logs_json` … as the settings say."""
    with warnings.catch_warnings():
        # Backfill policies are the one beta feature in use: without them a backfill is one run a partition.
        warnings.simplefilter("ignore", BetaWarning)
        derived = [derived_asset(dataset, FORMATS[name], settings) for name in settings.formats]
        return [parquet_asset(dataset, settings), *derived]


def parquet_asset(dataset: Dataset, settings: Settings) -> AssetsDefinition:
    """Return the asset whose graph shows extract → validate → each transform → publish."""
    begin = extract_op(dataset)

    @graph_asset(
        name=dataset.name,
        description=f"{dataset.description} Parquet, one file a partition.",
        group_name=dataset.name,
        kinds={"postgres", "parquet"},
        owners=list(dataset.owners),
        tags={"dataset": dataset.name, "format": "parquet"},
        metadata={
            "table": str(dataset.table),
            "time_column": dataset.time_column,
            "key": ", ".join(dataset.key),
        },
        partitions_def=partitions_definition(settings.partitioning),
        backfill_policy=BackfillPolicy.multi_run(settings.max_partitions_per_run),
        config=_flat_config(settings),
        code_version=dataset.fingerprint[:12],
    )
    def flow() -> ExportPlan:
        # Inside a graph's function, calling an op gives the wire to it, not a plan.
        plan: ExportPlan = validate_op(begin.alias("extract")())
        for transform in dataset.transforms:
            plan = TRANSFORM_OPS[transform.name](plan)
        published: ExportPlan = publish_op(plan)
        return published

    return flow


def derived_asset(dataset: Dataset, fmt: Format, settings: Settings) -> AssetsDefinition:
    """Return the asset that writes the published Parquet in another format."""

    @asset(
        name=f"{dataset.name}_{fmt.name}",
        description=(
            f"{dataset.description} {fmt.name.upper()}, made of the published Parquet; the source is not read again."
        ),
        ins={"plan": AssetIn(dataset.name, dagster_type=ExportPlan)},
        group_name=dataset.name,
        kinds={fmt.name},
        owners=list(dataset.owners),
        tags={"dataset": dataset.name, "format": fmt.name},
        partitions_def=partitions_definition(settings.partitioning),
        backfill_policy=BackfillPolicy.multi_run(settings.max_partitions_per_run),
        io_manager_key=io_manager_key(fmt),
        pool=DESTINATION_POOL,
        code_version=dataset.fingerprint[:12],
    )
    def convert(plan: ExportPlan) -> ExportPlan:
        return plan

    return convert


def _flat_config(settings: Settings) -> ConfigMapping:
    """Return the mapping of the asset's flat config to the ops that take it."""

    def to_ops(given: Mapping[str, object]) -> Mapping[str, object]:
        return {
            op: {"config": {name: given[name] for name in part.model_fields}}
            for op, part in (("extract", ExtractConfig), ("validate", ValidateConfig))
        }

    return ConfigMapping(to_ops, run_config_model(settings).to_fields_dict())
