"""A dataset's assets: a graph of ops that publishes Parquet, and one asset for each format derived from it."""

import warnings
from collections.abc import Callable, Mapping, Sequence

from dagster import (
    AssetIn,
    AssetsDefinition,
    BackfillPolicy,
    BetaWarning,
    ConfigMapping,
    Nothing,
    asset,
    graph_asset,
)

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.lineage import side_tables
from export_pipeline.defs.code_references import code_references
from export_pipeline.defs.config import DatasetRunConfig, ValidateConfig, run_config_model
from export_pipeline.defs.freshness import freshness_policy
from export_pipeline.defs.io_managers import io_manager_key
from export_pipeline.defs.lineage import column_metadata
from export_pipeline.defs.ops import extract_op, publish_op, transform_op, validate_op
from export_pipeline.defs.partitions import partitions_definition
from export_pipeline.defs.pools import DESTINATION_POOL
from export_pipeline.defs.source_assets import table_input, table_key, tables_of
from export_pipeline.extract.names import TableName
from export_pipeline.plan import ExportPlan
from export_pipeline.settings import PRIMARY_FORMAT, Settings
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS


def dataset_assets(dataset: Dataset, settings: Settings) -> Sequence[AssetsDefinition]:
    """Return the assets of one dataset: `logs`, and `logs_csv`, `logs_json` … as the settings say."""
    with warnings.catch_warnings():
        # The beta features in use: backfill policies, without which a backfill is one run a partition, and code
        # references.
        warnings.simplefilter("ignore", BetaWarning)
        derived = [derived_asset(dataset, FORMATS[name], settings) for name in settings.formats_of(dataset.name)]
        return [parquet_asset(dataset, settings), *derived]


def parquet_asset(dataset: Dataset, settings: Settings) -> AssetsDefinition:
    """Return the asset whose graph shows extract → validate → each transform → publish."""
    made = graph_asset(
        name=dataset.name,
        description=f"{dataset.description} Parquet, one file a partition.",
        ins={table_input(table): AssetIn(table_key(table), dagster_type=Nothing) for table in tables_of(dataset)},
        group_name=dataset.name,
        kinds={"postgres", "parquet"},
        owners=list(dataset.owners),
        tags={"dataset": dataset.name, "format": PRIMARY_FORMAT},
        metadata={
            "table": str(dataset.table),
            "time_column": dataset.time_column,
            "key": ", ".join(dataset.key),
            **column_metadata(dataset, FORMATS[PRIMARY_FORMAT]),
            "dagster/code_references": code_references(dataset, parquet_asset),
        },
        partitions_def=partitions_definition(settings.partitioning_of(dataset.name)),
        backfill_policy=BackfillPolicy.multi_run(settings.max_partitions_per_run),
        config=_flat_config(dataset, settings),
        code_version=dataset.fingerprint[:12],
    )(_flow(dataset))
    freshness = freshness_policy(dataset, settings.partitioning_of(dataset.name))  # graph_asset takes none
    return made.map_asset_specs(lambda spec: spec.replace_attributes(freshness_policy=freshness))


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
        metadata={
            **column_metadata(dataset, fmt),
            "dagster/code_references": code_references(dataset, derived_asset),
        },
        partitions_def=partitions_definition(settings.partitioning_of(dataset.name)),
        backfill_policy=BackfillPolicy.multi_run(settings.max_partitions_per_run),
        freshness_policy=freshness_policy(dataset, settings.partitioning_of(dataset.name)),
        io_manager_key=io_manager_key(fmt),
        pool=DESTINATION_POOL,
        code_version=dataset.fingerprint[:12],
    )
    def convert(plan: ExportPlan) -> ExportPlan:
        return plan

    return convert


def _flow(dataset: Dataset) -> Callable[..., ExportPlan]:
    """Return the graph: inside it, a call of an op gives the wire to it, not a plan, and `tables` are wires too."""
    joined = {name: table_input(TableName.parse(lookup.table)) for name, lookup in side_tables(dataset).items()}

    def flow(**tables: object) -> ExportPlan:
        plan: ExportPlan = extract_op(dataset).alias("extract")(table=tables[table_input(dataset.table)])
        plan = validate_op(dataset).alias("validate")(plan)
        for transform in dataset.transforms:
            side_table = {"side_table": tables[joined[transform.name]]} if transform.name in joined else {}
            plan = transform_op(dataset, transform).alias(transform.name)(plan=plan, **side_table)
        published: ExportPlan = publish_op(dataset).alias("publish")(plan)
        return published

    return flow


def _flat_config(dataset: Dataset, settings: Settings) -> ConfigMapping:
    """Return the mapping of the asset's flat config to the ops that take it."""

    def to_ops(given: Mapping[str, object]) -> Mapping[str, object]:
        return {
            op: {"config": {name: given[name] for name in part.model_fields}}
            for op, part in (("extract", DatasetRunConfig), ("validate", ValidateConfig))
        }

    return ConfigMapping(to_ops, run_config_model(settings, dataset.name).to_fields_dict())
