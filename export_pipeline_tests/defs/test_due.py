"""Which partitions are asked for now: a difference at once, the open one and the unproven ones now and then."""

from datetime import UTC, datetime, timedelta

import pytest

from export_pipeline.changes.pending import Comparison
from export_pipeline.changes.scan import Scan
from export_pipeline.changes.verdict import State, Verdict
from export_pipeline.defs.attempts import Failures
from export_pipeline.defs.due import Due, Look, sort_out
from export_pipeline.extract.snapshot import SnapshotIdentity
from export_pipeline.extract.tally import Tally
from export_pipeline.write.formats.registry import FORMATS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLOSED, OPEN = "2026-11-19", "2026-11-20"
EVERY_S = 900


def look(
    state: State,
    *,
    key: str = CLOSED,
    rows: int = 5,
    published_ago_s: float | None = None,
    failed: Failures | None = None,
    under_way: bool = False,
    stale: bool = False,
) -> Look:
    """Return a look at one partition."""
    found = Comparison(
        Scan(SnapshotIdentity(1, 1, NOW, "1", 1), {key: Tally(rows, 1)}, 0),
        {key: Verdict(state, "because")},
        {} if published_ago_s is None else {key: NOW - timedelta(seconds=published_ago_s)},
        {key: (FORMATS["csv"],)} if stale else {},
    )
    return Look(
        found,
        open_key=OPEN,
        under_way=frozenset({key} if under_way else ()),
        failures={key: failed} if failed else {},
        now=NOW,
        open_every=timedelta(seconds=EVERY_S),
    )


def is_due(seen: Look) -> bool:
    due, waiting = sort_out(seen)
    assert not (due and waiting)
    return bool(due)


@pytest.mark.parametrize("key", [CLOSED, OPEN])
def test_what_was_never_published_is_due(key: str) -> None:
    assert is_due(look(State.MISSING, key=key))


def test_an_empty_partition_is_left_to_the_schedule_until_it_was_published_once() -> None:
    assert sort_out(look(State.MISSING, rows=0)) == ([], {})
    assert is_due(look(State.CHANGED, rows=0, published_ago_s=5))
    assert is_due(look(State.MISSING, rows=0, published_ago_s=5, stale=True))


@pytest.mark.parametrize(
    ("state", "key", "ago_s", "expected"),
    [
        (State.IN_SYNC, CLOSED, 10**6, False),
        (State.CHANGED, CLOSED, 1, True),
        (State.CHANGED, OPEN, EVERY_S - 1, False),
        (State.CHANGED, OPEN, EVERY_S, True),
        (State.UNSETTLED, CLOSED, 3599, False),
        (State.UNSETTLED, CLOSED, 3600, True),
    ],
)
def test_a_published_partition_is_refreshed_as_its_state_says(
    state: State, key: str, ago_s: float, *, expected: bool
) -> None:
    assert is_due(look(state, key=key, published_ago_s=ago_s)) == expected


def test_derived_formats_alone_are_due_at_once() -> None:
    due, _ = sort_out(look(State.CHANGED, key=OPEN, published_ago_s=1, stale=True))
    assert due == [Due(OPEN, "because", (FORMATS["csv"],))]


def test_what_is_under_way_waits_whatever_it_is() -> None:
    _, waiting = sort_out(look(State.MISSING, under_way=True))
    assert waiting == {CLOSED: "a run is queued or under way"}


@pytest.mark.parametrize(("count", "minutes"), [(1, 5), (2, 15), (3, 60), (4, 180), (5, 360), (50, 360)])
def test_the_oftener_it_failed_the_longer_it_waits(count: int, minutes: int) -> None:
    since = timedelta(minutes=minutes)
    assert is_due(look(State.CHANGED, failed=Failures(count, NOW - since)))
    early = look(State.CHANGED, failed=Failures(count, NOW - since + timedelta(seconds=1)))
    assert not is_due(early)
    assert "is asked for again after 2026-11-20 12:00 UTC" in sort_out(early)[1][CLOSED]
