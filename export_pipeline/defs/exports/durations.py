"""Spans of time as people write them: `90s`, `15m`, `12h`, `7d`, `2w`."""

import re
from datetime import timedelta
from typing import Final

from export_pipeline.errors import ConfigError

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"([0-9]{1,10})([smhdw])")
_LONGEST: Final = timedelta(days=36_525)


def parse_duration(what: str, text: str) -> timedelta:
    """Return the span that `text` is; `what` is its name in the message. Raises: ConfigError."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"{what} {text!r} is no span of time; write 90s, 15m, 12h, 7d or 2w")
    one = timedelta(**{_UNITS[found[2]]: 1})
    if int(found[1]) > _LONGEST // one:
        raise ConfigError(f"{what} {text!r} is longer than 100 years")
    return int(found[1]) * one
