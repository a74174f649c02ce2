"""Dagster's partitions are ours: the same keys over the same windows, the open one included."""

from datetime import UTC, date, datetime

import pytest
from dagster import PartitionKeyRange
from dagster._core.storage import tags

from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.defs import partitions

ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("grain", Grain)
def test_dagster_sees_the_same_keys_and_windows(zone: str, grain: Grain) -> None:
    cut = Partitioning(date(2024, 2, 20), grain, zone)
    now = datetime(2024, 4, 10, 3, 30, tzinfo=UTC)
    theirs = partitions.partitions_definition(cut)
    assert theirs.get_partition_keys(current_time=now) == cut.keys(now)
    for key in cut.keys(now)[::7]:
        window = theirs.time_window_for_partition_key(key)
        assert (window.start, window.end) == (cut.window(key).start, cut.window(key).end)


def test_a_range_of_keys_is_what_lies_between() -> None:
    theirs = partitions.partitions_definition(Partitioning(date(2024, 3, 9), Grain.DAY, "America/New_York"))
    found = theirs.get_partition_keys_in_range(PartitionKeyRange("2024-03-09", "2024-03-11"))
    assert found == ["2024-03-09", "2024-03-10", "2024-03-11"]


def test_the_tags_are_still_those_of_dagster() -> None:
    assert partitions.PARTITION_TAG == tags.PARTITION_NAME_TAG
    assert partitions.RANGE_START_TAG == tags.ASSET_PARTITION_RANGE_START_TAG
    assert partitions.RANGE_END_TAG == tags.ASSET_PARTITION_RANGE_END_TAG
