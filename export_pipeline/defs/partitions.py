"""A dataset's partitions in Dagster's terms: the same keys, the open one included, and the tags that name them."""

from typing import Final

from dagster import DailyPartitionsDefinition, HourlyPartitionsDefinition, TimeWindowPartitionsDefinition

from export_pipeline.datasets.partitioning import Grain, Partitioning

# Dagster documents these tags of a run, but gives their names from a private module only.
PARTITION_TAG: Final = "dagster/partition"
RANGE_START_TAG: Final = "dagster/asset_partition_range_start"
RANGE_END_TAG: Final = "dagster/asset_partition_range_end"


def partitions_definition(partitioning: Partitioning) -> TimeWindowPartitionsDefinition:
    """Return days of the partitioning's zone, or hours of UTC, up to and with the one still open."""
    start = partitioning.first.strftime(partitioning.key_format)
    if partitioning.grain is Grain.HOUR:
        return HourlyPartitionsDefinition(start, timezone="UTC", fmt=partitioning.key_format, end_offset=1)
    return DailyPartitionsDefinition(start, timezone=partitioning.zone, end_offset=1)
