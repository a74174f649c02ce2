import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.schemas.thresholds import Severity, Threshold


@pytest.mark.parametrize(
    ("threshold", "value", "kept"),
    [
        (Threshold("validity", 0.95), 0.95, True),
        (Threshold("validity", 0.95), 0.94, False),
        (Threshold("timeliness_s", 60), 60, True),
        (Threshold("timeliness_s", 60), 61.0, False),
        (Threshold("completeness", 1), None, None),
    ],
)
def test_shares_have_a_least_value_and_ages_a_greatest(threshold: Threshold, value: float | None, kept: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert threshold.judge({threshold.metric: value}) is kept


def test_a_threshold_reads_as_a_condition() -> None:
    assert [str(Threshold("validity", 0.95)), str(Threshold("timeliness_s", 3600, Severity.ERROR))] == [
        "validity ≥ 0.95",
        "timeliness_s ≤ 3600",
    ]


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no metric 'beauty'; there are accuracy, completeness"):
        Threshold("beauty", 1)
