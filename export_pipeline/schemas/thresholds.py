"""The bounds that a dataset's quality must keep, and how bad it is when one is broken."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from export_pipeline.errors import ConfigError
from export_pipeline.schemas.quality import Quality

_METRICS = frozenset(field.name for field in fields(Quality)) - {"rows", "invalid_rows"}
_AGES = frozenset({"timeliness_s"})


class Severity(StrEnum):
    """What a failed check means: somebody should look, or something is wrong."""

    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The bound of one quality metric: the least share, or for `timeliness_s` the most seconds.

    Raises: ConfigError for a metric that does not exist.
    """

    metric: str
    bound: float
    severity: Severity = Severity.WARN

    def __post_init__(self) -> None:
        if self.metric not in _METRICS:
            raise ConfigError(f"threshold: there is no metric {self.metric!r}; there are {', '.join(sorted(_METRICS))}")

    def judge(self, quality: Mapping[str, object]) -> bool | None:
        """Return whether the metric keeps its bound; None where there was nothing to measure."""
        value = quality.get(self.metric)
        if not isinstance(value, int | float):
            return None
        return value <= self.bound if self.metric in _AGES else value >= self.bound

    def __str__(self) -> str:
        return f"{self.metric} {'≤' if self.metric in _AGES else '≥'} {self.bound:g}"
