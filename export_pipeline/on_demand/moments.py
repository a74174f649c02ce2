"""Dates and times as people write them."""

from datetime import UTC, datetime

from export_pipeline.errors import ConfigError


def read_moment(text: str) -> datetime:
    """Return the aware datetime of an ISO date or time; UTC unless it says. Raises: ConfigError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"{text!r} is no ISO date or time; write 2026-11-20 or 2026-11-20T05:00:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
