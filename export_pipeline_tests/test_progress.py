"""Progress never goes back, never passes 100 %, and ends at exactly all rows."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.progress import EVERY_S, Cadence, Progress, ignore_progress


def progress(rows: int, total: int, batches: int = 1, seconds: float = 1.0) -> Progress:
    return Progress("logs", "parquet", "date=2026-11-20", rows, total, batches, seconds)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=30))
def test_the_share_only_grows_and_ends_at_one(batches: list[int]) -> None:
    total = sum(batches)
    steps = [progress(done, total, number) for number, done in enumerate(itertools.accumulate(batches), 1)]
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert steps[-1].expected_batches == len(batches)
    assert steps[-1].remaining_s == 0


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 1000))
def test_no_figure_leaves_its_range(rows: int, total: int, batches: int) -> None:
    step = progress(rows, total, batches)
    assert 0 <= step.share <= 1
    assert step.expected_batches >= batches
    assert str(step)


def test_an_empty_partition_is_done_at_once() -> None:
    assert progress(0, 0, 0).share == 1.0


def test_nothing_is_promised_before_the_first_row() -> None:
    assert progress(0, 100, 0).remaining_s is None
    assert progress(5, 100, 1, 0.0).remaining_s is None
    assert "unknown to go" in str(progress(0, 100, 0))


def test_it_reads_as_one_line() -> None:
    assert str(progress(2_500, 10_000, 3, 2.0)) == (
        "logs date=2026-11-20 parquet: batch 3 of about 12, 2,500 of 10,000 rows (25%), 1,250 rows/s, 6 s to go"
    )


@given(st.lists(st.floats(0.01, 4), min_size=1, max_size=200))
def test_lines_are_seconds_apart_and_the_last_one_says_all_rows(waits: list[float]) -> None:
    cadence, total = Cadence(), len(waits)
    steps = [progress(n, total, n, seconds) for n, seconds in enumerate(itertools.accumulate(waits), 1)]
    lines = [step for step in steps if cadence.line_is_due(step)]
    gaps = [after.seconds - before.seconds for before, after in itertools.pairwise(lines)]
    assert all(EVERY_S <= gap < 2 * EVERY_S + 4 for gap in gaps[:-1])
    assert [line.share for line in lines[-1:]] == ([1.0] if steps[-1].seconds >= EVERY_S else [])


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=300), st.floats(0.01, 4))
def test_events_are_ten_at_most_and_only_go_forward(batches: list[int], pace: float) -> None:
    cadence, total = Cadence(), sum(batches)
    steps = [progress(done, total, n, n * pace) for n, done in enumerate(itertools.accumulate(batches), 1)]
    tenths = [int(step.share * 10) for step in steps if cadence.event_is_due(step)]
    assert tenths == sorted(set(tenths))
    assert len(tenths) <= 10
    assert (10 in tenths) == (steps[-1].seconds >= EVERY_S)


def test_an_export_of_less_than_three_seconds_has_neither() -> None:
    cadence = Cadence()
    steps = [progress(rows, 10, rows, rows * 0.29) for rows in range(1, 11)]
    assert not any(cadence.line_is_due(step) or cadence.event_is_due(step) for step in steps)


def test_a_second_look_at_all_rows_is_not_shown_again() -> None:
    cadence = Cadence()
    assert cadence.line_is_due(progress(10, 10, 1, 5.0))
    assert not cadence.line_is_due(progress(10, 10, 2, 5.1))
    assert cadence.event_is_due(progress(10, 10, 1, 5.0))
    assert not cadence.event_is_due(progress(10, 10, 2, 5.1))


def test_progress_may_be_ignored() -> None:
    ignore_progress(progress(1, 2))
