"""Spans of time as people write them: `90s`, `15m`, `12h`, `7d`, `2w`."""

import re
from datetime import timedelta
from typing import Final

from export_pipeline.errors import ConfigError

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"([0-9]{1,6})([smhdw])")


def parse_duration(what: str, text: str) -> timedelta:
    """Return the span that `text` is; `what` is its name in the message. Raises: ConfigError."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"{what} {text!r} is no span of time; write 90s, 15m, 12h, 7d or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
