"""The measured quality against the dataset's bounds."""

import pytest

from export_pipeline.inspection.quality import check_quality
from export_pipeline.schemas.thresholds import Severity, Threshold
from export_pipeline.write.formats.format import WrittenFile
from export_pipeline.write.manifest import FailedCheck, FailedValue, Manifest
from export_pipeline_tests.write.samples import manifest_of

LOOSE = Threshold("validity", 0.9)
TIGHT = Threshold("completeness", 1.0, Severity.ERROR)


def measured(**quality: float | None) -> Manifest:
    failures = (FailedCheck("level", "one of", 7, (FailedValue("WRN", "id=1"), FailedValue("•••", "id=2"))),)
    return manifest_of(WrittenFile(100, 1, "a"), quality=quality, failures=failures, invalid_count=7)


def test_kept_bounds_pass_with_the_examples_of_what_failed_all_the_same() -> None:
    found = check_quality(measured(validity=0.93, completeness=1.0), (LOOSE, TIGHT))
    assert found.passed
    assert [(one.value, one.key) for one in found.failures] == [("WRN", "id=1"), ("•••", "id=2")]


@pytest.mark.parametrize(
    ("validity", "completeness", "severity"),
    [(0.5, 1.0, Severity.WARN), (1.0, 0.99, Severity.ERROR), (0.5, 0.99, Severity.ERROR)],
)
def test_a_failure_is_as_bad_as_the_worst_broken_bound(
    validity: float, completeness: float, severity: Severity
) -> None:
    found = check_quality(measured(validity=validity, completeness=completeness), (LOOSE, TIGHT))
    assert (found.passed, found.severity) == (False, severity)


def test_it_says_metric_value_bound_and_what_rows_broke() -> None:
    found = check_quality(measured(validity=0.5, completeness=1.0), (LOOSE, TIGHT))
    assert found.summary.startswith(
        "validity is 0.5, expected validity ≥ 0.9: column 'level' breaks `one of` in 7 rows"
    )
    assert found.figures == {"rows": 100, "invalid_rows": 7}


@pytest.mark.parametrize("quality", [{}, {"validity": None}])
def test_what_was_not_measured_breaks_no_bound_and_is_not_said_to_be_kept(quality: dict[str, None]) -> None:
    found = check_quality(measured(**quality), (LOOSE,))
    assert found.passed
    assert found.summary.startswith("0 of 1 bounds were measured")
