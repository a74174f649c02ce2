"""Dates and times as people write them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from export_pipeline.errors import ConfigError

_MARGIN: Final = timedelta(days=1)
"""No zone's clocks are farther from UTC."""


def read_moment(text: str) -> datetime:
    """Return the aware datetime of an ISO date or time; UTC unless it says. Raises: ConfigError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"{text!r} is no ISO date or time; write 2026-11-20 or 2026-11-20T05:00:00+00:00") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        _ = aware.astimezone(UTC) - _MARGIN, aware.astimezone(UTC) + _MARGIN
    except OverflowError:
        raise ConfigError(f"{text!r} lies at the end of time; leave it out for everything up to there") from None
    return aware
