"""Two jobs a dataset: one exports its Parquet and the formats derived from it in the same run, one only checks them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    PartitionedConfig,
    PartitionsDefinition,
    define_asset_job,
)

from export_pipeline.settings import PRIMARY_FORMAT

if TYPE_CHECKING:
    # What `define_asset_job` returns has no public name.
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

LAST_ATTEMPTS: Final = "last_attempts"
"""The check of earlier runs (`last_attempts.py`): not a part of any run."""


def job_name(dataset: str) -> str:
    """Return the name of the dataset's job, by which its schedule and its sensor find it."""
    return f"{dataset}_job"


def asset_key(dataset: str, format_name: str) -> AssetKey:
    """Return the key of the dataset's asset in one format: `logs` for Parquet, `logs_csv` for CSV."""
    return AssetKey(dataset if format_name == PRIMARY_FORMAT else f"{dataset}_{format_name}")


def asset_keys(dataset: str, formats: Sequence[str]) -> frozenset[AssetKey]:
    """Return the keys of everything made of `dataset`: Parquet, and the derived `formats`."""
    return frozenset(asset_key(dataset, name) for name in (PRIMARY_FORMAT, *formats))


def export_job(dataset: str, keys: Sequence[AssetKey]) -> "UnresolvedAssetJobDefinition":
    """Return the job that materializes one partition, or a range, of everything made of `dataset`."""
    standing = AssetCheckKey(asset_key(dataset, PRIMARY_FORMAT), LAST_ATTEMPTS)
    return define_asset_job(
        job_name(dataset),
        selection=AssetSelection.assets(*keys) - AssetSelection.checks(standing),
        description=f"Export {dataset} from the database, in every format that is switched on.",
        tags={"dataset": dataset},
    )


def checks_job_name(dataset: str) -> str:
    """Return the name of the job that checks what is published of the dataset."""
    return f"{dataset}_checks"


def checks_job(
    dataset: str, keys: Sequence[AssetCheckKey], partitions: PartitionsDefinition
) -> "UnresolvedAssetJobDefinition":
    """Return the job that runs the checks alone: the UI's own button for that names no partition."""
    return define_asset_job(
        checks_job_name(dataset),
        selection=AssetSelection.checks(*keys),
        # A job of nothing but checks has partitions only by way of its config.
        config=PartitionedConfig(partitions, run_config_for_partition_key_fn=lambda _: {}),
        description=f"Check what is published of {dataset}, without exporting anything.",
        tags={"dataset": dataset},
    )
