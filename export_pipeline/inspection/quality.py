"""The quality that was measured when the partition was exported, against the dataset's thresholds."""

from collections.abc import Sequence

from export_pipeline.inspection.finding import Finding, passed
from export_pipeline.schemas.failures import Failure
from export_pipeline.schemas.thresholds import Severity, Threshold
from export_pipeline.write.manifest import Manifest


def check_quality(manifest: Manifest, thresholds: Sequence[Threshold]) -> Finding:
    """Judge every threshold; a failure is as bad as the worst one that is broken."""
    quality = manifest.quality or {}
    verdicts = [(threshold, threshold.judge(quality)) for threshold in thresholds]
    broken = [threshold for threshold, kept in verdicts if kept is False]
    figures = {"rows": manifest.source_count, "invalid_rows": manifest.invalid_count}
    if not broken:
        measured = sum(kept is not None for _, kept in verdicts)
        found = passed(f"{measured} of {len(verdicts)} bounds were measured, all are kept", **figures)
        return Finding(found.passed, found.summary, found.severity, figures, _examples(manifest), quality)
    worst = Severity.ERROR if any(one.severity is Severity.ERROR for one in broken) else Severity.WARN
    said = ", ".join(f"{one.metric} is {quality[one.metric]:.6g}, expected {one}" for one in broken)
    causes = "; ".join(f"column {one.column!r} breaks `{one.check}` in {one.rows} rows" for one in manifest.failures)
    return Finding(
        passed=False,
        summary=f"{said}{f': {causes}' if causes else ''}. Mend these rows in the source, or the rule",
        severity=worst,
        figures=figures,
        failures=_examples(manifest),
        quality=quality,
    )


def _examples(manifest: Manifest) -> tuple[Failure, ...]:
    return tuple(
        Failure(one.column, one.check, example.value, example.key)
        for one in manifest.failures
        for example in one.examples
    )
