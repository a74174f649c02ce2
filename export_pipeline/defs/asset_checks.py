"""The checks of every asset, of each partition of a run by itself: behind its materialization, or alone.

They block nothing: what is published was published whole. A check that cannot run (the source is away) fails its step,
behind its retries, and says nothing about the data. How each check judges is `inspection/`; what the UI shows of it
is `evaluations.py`.
"""

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetChecksDefinition,
    AssetCheckSpec,
    AssetKey,
    Output,
    PartitionsDefinition,
    PreviewWarning,
    multi_asset_check,
)

from export_pipeline.datasets.checks import Check
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.evaluations import evaluations
from export_pipeline.defs.jobs import asset_key, checks_job_name
from export_pipeline.defs.partitions import partitions_definition
from export_pipeline.defs.pools import DESTINATION_POOL, SOURCE_POOL
from export_pipeline.defs.retries import Attempt, retries_by_error_class
from export_pipeline.defs.storage_connections import keep_connections
from export_pipeline.inspection.derived import DERIVED_CHECKS, inspect_derived
from export_pipeline.inspection.inspection import Findings, Inspection
from export_pipeline.inspection.primary import PRIMARY_CHECKS, inspect_primary
from export_pipeline.settings import PRIMARY_FORMAT, Settings
from export_pipeline.write.formats.registry import FORMATS

_Inspect = Callable[[Inspection, Sequence[str], Collection[Check]], Mapping[str, Findings]]

_DESCRIPTIONS: Final[Mapping[Check, str]] = {
    Check.SCHEMA: "The table and the file have the declared columns, of the declared types.",
    Check.QUALITY: "What validation measured when the partition was exported keeps the dataset's bounds.",
    Check.RECONCILIATION: "The source, counted anew, holds no row that the file lacks; the file holds what it should.",
    Check.CHECKSUM: "The file is there, byte for byte as it was published.",
    Check.FRESHNESS: "The file was read late enough to be complete.",
}


def dataset_checks(dataset: Dataset, settings: Settings) -> Sequence[AssetChecksDefinition]:
    """Return the checks of one dataset's assets: five of its Parquet, one of each derived format."""

    def primary(inspection: Inspection, keys: Sequence[str], wanted: Collection[Check]) -> Mapping[str, Findings]:
        return inspect_primary(inspection, settings.source, keys, wanted)

    of_derived = [
        _format_checks(dataset, settings, name, DERIVED_CHECKS, inspect_derived, DESTINATION_POOL)
        for name in settings.formats_of(dataset.name)
    ]
    return [_format_checks(dataset, settings, PRIMARY_FORMAT, PRIMARY_CHECKS, primary, SOURCE_POOL), *of_derived]


def _format_checks(  # noqa: PLR0913, PLR0917 - which asset, which checks of it, how they run, and where
    dataset: Dataset, settings: Settings, fmt: str, checks: Sequence[Check], inspect: _Inspect, pool: str
) -> AssetChecksDefinition:
    asset = asset_key(dataset.name, fmt)
    specs = _specs(asset, checks, partitions_definition(settings.partitioning_of(dataset.name)))

    @multi_asset_check(
        name=f"check_{asset.path[-1]}",
        specs=specs,
        description="Check each published partition of the run. A failed check stops nothing.",
        can_subset=True,
        pool=pool,
    )
    def check(context: AssetCheckExecutionContext) -> Iterator[AssetCheckEvaluation | Output[None]]:
        attempt = Attempt(context.instance, context.run.run_id, context.retry_number)
        keys = _partition_keys(context, attempt, dataset.name)
        wanted = [one for one in checks if one.value in {key.name for key in context.selected_asset_check_keys}]
        with retries_by_error_class(attempt):
            partitioning = settings.partitioning_of(dataset.name)
            inspection = Inspection(dataset, partitioning, settings.destination, FORMATS[fmt], context.run.run_id)
            findings = inspect(inspection, keys, wanted)
        keep_connections(context.instance)
        yield from evaluations(context.instance, asset, inspection, findings)
        # The outputs are Dagster's sign that the selected checks ran; they carry nothing.
        yield from (Output(None, spec.get_python_identifier()) for spec in specs if spec.name in wanted)

    return check


def _specs(asset: AssetKey, checks: Sequence[Check], partitions: PartitionsDefinition) -> Sequence[AssetCheckSpec]:
    with warnings.catch_warnings():
        # Checks of partitions are in preview; without them only the newest evaluation of all partitions is kept.
        warnings.simplefilter("ignore", PreviewWarning)
        return [
            AssetCheckSpec(
                check.value,
                asset=asset,
                description=_DESCRIPTIONS[check],
                partitions_def=partitions,
            )
            for check in checks
        ]


def _partition_keys(context: AssetCheckExecutionContext, attempt: Attempt, dataset: str) -> Sequence[str]:
    """Return the run's partitions. Raises: Failure when it has none."""
    if not (context.has_partition_key or context.has_partition_key_range):
        raise attempt.failure(f"this run names no partition; launch the job {checks_job_name(dataset)} for one")
    return list(context.partition_keys)
