"""What one check found out about one partition."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from export_pipeline.schemas.failures import Failure
from export_pipeline.schemas.thresholds import Severity

Figure = int | float | str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Passed or not, how bad that is if not, and in one sentence why; with the figures behind it."""

    passed: bool
    summary: str
    severity: Severity
    figures: Mapping[str, Figure]
    failures: tuple[Failure, ...] = ()
    """Examples of the rows behind it; personal values are masked."""
    quality: Mapping[str, object] = field(default_factory=dict)
    """The quality metrics that were judged."""


def passed(summary: str, **figures: Figure) -> Finding:
    """Return a check that passed."""
    return Finding(passed=True, summary=summary, severity=Severity.WARN, figures=figures)


def failed(severity: Severity, summary: str, **figures: Figure) -> Finding:
    """Return a check that failed."""
    return Finding(passed=False, summary=summary, severity=severity, figures=figures)
