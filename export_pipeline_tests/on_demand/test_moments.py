from datetime import UTC, datetime

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.moments import read_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        (" 2026-11-20T05:00 ", datetime(2026, 11, 20, 5, tzinfo=UTC)),
        ("2026-11-20T05:00:00+02:00", datetime(2026, 11, 20, 3, tzinfo=UTC)),
        ("2026-11-20T05:00:00Z", datetime(2026, 11, 20, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc_unless_it_says(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize("text", ["", "soon", "20.11.2026", "2026-02-30", "2026-11-20T25:00", "\0", "😀"])
def test_what_is_no_moment_is_quoted_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_moment(text)
    assert str(raised.value).startswith(repr(text))
    assert "write 2026-11-20" in str(raised.value)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00", "9999-12-31"])
def test_the_ends_of_time_that_no_zone_can_hold_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="lies at the end of time; leave it out"):
        read_moment(text)
