"""One job a dataset: its Parquet and the formats derived from it, in the same run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dagster import AssetKey, AssetSelection, define_asset_job

if TYPE_CHECKING:
    # What `define_asset_job` returns has no public name.
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition


def job_name(dataset: str) -> str:
    """Return the name of the dataset's job, by which its schedule and its sensor find it."""
    return f"{dataset}_job"


def export_job(dataset: str, keys: Sequence[AssetKey]) -> "UnresolvedAssetJobDefinition":
    """Return the job that materializes one partition, or a range, of everything made of `dataset`."""
    return define_asset_job(
        job_name(dataset),
        selection=AssetSelection.assets(*keys),
        description=f"Export {dataset} from the database, in every format that is switched on.",
        tags={"dataset": dataset},
    )
