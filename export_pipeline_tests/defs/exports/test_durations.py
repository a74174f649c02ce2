from datetime import timedelta

import pytest

from export_pipeline.defs.exports.durations import parse_duration
from export_pipeline.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("12h", timedelta(hours=12)),
        (" 7d ", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("1209600s", timedelta(weeks=2)),
        ("36525d", timedelta(days=36_525)),
    ],
)
def test_spans_are_a_number_and_a_unit(text: str, span: timedelta) -> None:
    assert parse_duration("--older-than", text) == span


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "7 d", "1.5h", "7D", "99999999999s", "\u0667d", "1y"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--older-than .* write 90s, 15m, 12h, 7d or 2w"):
        parse_duration("--older-than", text)


@pytest.mark.parametrize("text", ["36526d", "5218w", "9999999999w", "9999999999s"])
def test_a_span_beyond_100_years_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--older-than '{text}' is longer than 100 years"):
        parse_duration("--older-than", text)
