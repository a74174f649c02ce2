"""Progress never goes back, never passes 100 %, and ends at exactly all rows."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.progress import Progress, ignore_progress


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


def test_progress_may_be_ignored() -> None:
    ignore_progress(progress(1, 2))
