"""Ages in words and grades, and a look that fails as a finding."""

import pytest

from export_pipeline.defs.health.reading import Part, Reading, graded, in_words, take_readings
from export_pipeline.errors import SourceUnavailableError
from export_pipeline.preflight.finding import State, ok


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (7199, "1 h"), (86_400, "1 day"), (200_000, "2 days")],
)
def test_a_span_is_said_in_its_largest_unit(seconds: float, said: str) -> None:
    assert in_words(seconds) == said


def test_the_bounds_themselves_are_still_well() -> None:
    assert [graded(age, 10, 20) for age in (10, 20, 21)] == [State.OK, State.WARNING, State.FAILED]


def test_what_cannot_be_looked_at_is_a_finding_and_the_rest_is_looked_at() -> None:
    def broken() -> Reading:
        raise ValueError("no such thing\nand a long story")

    def unreachable() -> Reading:
        raise SourceUnavailableError("the source is away; start it")

    parts = [
        Part("one", broken, "look there"),
        Part("two", unreachable, "not this"),
        Part("three", lambda: Reading(ok("three", "fine")), ""),
    ]
    first, second, third = (reading.finding for reading in take_readings(parts))
    assert (first.state, first.found) == (State.FAILED, "cannot be looked at: ValueError: no such thing")
    assert first.next_step == "look there"
    assert (second.state, second.found, second.next_step) == (State.FAILED, "the source is away", "start it")
    assert third.state is State.OK
