"""Freshness is declared in lengths of a partition."""

from datetime import timedelta

import pytest

from export_pipeline.datasets.freshness import Freshness
from export_pipeline.datasets.partitioning import Grain
from export_pipeline.errors import ConfigError


@pytest.mark.parametrize(
    ("grain", "late", "failed"),
    [
        (Grain.DAY, timedelta(hours=30), timedelta(hours=54)),
        (Grain.HOUR, timedelta(minutes=75), timedelta(minutes=135)),
    ],
)
def test_a_quarter_of_a_partition_is_allowed_beyond_one_and_two(
    grain: Grain, late: timedelta, failed: timedelta
) -> None:
    assert Freshness().windows(grain.length) == (late, failed)


@pytest.mark.parametrize(("late", "failed"), [(0, 1), (-1, 1), (2, 2), (3, 2), (float("nan"), 2)])
def test_windows_in_another_order_are_refused(late: float, failed: float) -> None:
    with pytest.raises(ConfigError, match="give 0 < late < failed"):
        Freshness(late, failed)
