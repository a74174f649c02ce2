"""A dataset's freshness in Dagster's terms. The daemon judges it every 30 s from the newest materialization.

It asks when anything was exported last, of whatever partition: it notices that exports have stopped. Whether a single
partition is up to date is a check's business.
"""

from dagster import FreshnessPolicy

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning


def freshness_policy(dataset: Dataset, partitioning: Partitioning) -> FreshnessPolicy:
    """Return the policy that warns when the dataset is late, and fails later."""
    late, failed = dataset.freshness.windows(partitioning.grain.length)
    return FreshnessPolicy.time_window(fail_window=failed, warn_window=late)
