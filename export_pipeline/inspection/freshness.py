"""Whether a partition's file is as new as it should be.

A file that was read before its partition closed may lack the last rows. That is only so while the source holds others
than the file, and counts only once the partition's own export had time to come: a quarter of the partition's length.
"""

from datetime import datetime, timedelta
from typing import Final

from export_pipeline.extract.selection import Window
from export_pipeline.inspection.finding import Finding, failed, passed
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.manifest import Manifest

_LAG: Final = 0.25
"""Of the partition's length: 6 hours for a day."""


def check_freshness(
    manifest: Manifest, window: Window, now: datetime, severity: Severity, *, is_same_as_source: bool
) -> Finding:
    """Compare the time that the rows were read at with the partition's end."""
    start, end, read_at = window.start, window.end, manifest.snapshot.taken_at
    if start is None or end is None:
        return passed("the partition has no end")
    lag, figures = (end - start) * _LAG, {"read_at": read_at.isoformat(), "closes_at": end.isoformat()}
    if read_at >= end:
        return passed("read after the partition had closed", **figures)
    if is_same_as_source:
        return passed("the source still holds the same rows", **figures)
    if now < end:
        return _judge_open(now - read_at, lag, figures)
    if now - end <= lag:
        return passed(f"closed {_words(now - end)} ago; its last export is due within {_words(lag)}", **figures)
    return failed(
        severity,
        f"read {_words(end - read_at)} before the partition closed: the rows since may be missing; "
        "export the partition again",
        **figures,
    )


def _judge_open(age: timedelta, lag: timedelta, figures: dict[str, str]) -> Finding:
    if age <= lag:
        return passed(f"the partition is open; its file is {_words(age)} old", **figures)
    return failed(
        Severity.WARN,
        f"the partition is open and its file {_words(age)} old, more than {_words(lag)}; export it again",
        **figures,
    )


def _words(span: timedelta) -> str:
    """Return a span to the minute: `6 h 5 min`."""
    hours, minutes = divmod(int(span.total_seconds() // 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
