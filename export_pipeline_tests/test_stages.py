"""Stages side by side: order kept, errors handed on, threads ended."""

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.stages import StageProfile, in_background


def stage_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "export-stage"]


@given(st.lists(st.integers(), max_size=20))
def test_items_come_in_their_order_and_the_thread_ends(items: list[int]) -> None:
    with in_background(items) as produced:
        assert list(produced) == items
    assert not stage_threads()


def test_stages_can_follow_each_other() -> None:
    with in_background(range(50)) as numbers, in_background(number * 2 for number in numbers) as doubled:
        assert list(doubled) == [number * 2 for number in range(50)]


def test_an_error_in_the_producer_is_raised_to_the_reader_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("lost")

    seen: list[int] = []
    with pytest.raises(LookupError, match="lost"), in_background(items()) as produced:
        seen.extend(produced)
    assert seen == [1]
    assert not stage_threads()


def test_an_error_crosses_two_stages() -> None:
    def items() -> Iterator[int]:
        raise LookupError("lost")
        yield 1

    with (
        pytest.raises(LookupError, match="lost"),
        in_background(items()) as first,
        in_background(item for item in first) as second,
    ):
        list(second)


def test_the_producer_runs_at_most_two_ahead_of_the_queue() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with in_background(items()) as produced:
        assert next(produced) == 0
        time.sleep(0.3)
        # One is handed over, two wait in the queue, one is in the producer's hands.
        assert len(made) <= 4
    assert len(made) <= 4


def test_leaving_early_stops_the_producer_and_closes_it() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    with in_background(items()) as produced:
        next(produced)
    assert closed.is_set()
    assert not stage_threads()


def test_leaving_early_calls_on_stop_so_that_a_producer_that_waits_can_end() -> None:
    released = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        released.wait(30)

    begun = time.monotonic()
    with in_background(items(), on_stop=released.set) as produced:
        next(produced)
    assert released.is_set()
    assert time.monotonic() - begun < 5
    assert not stage_threads()


def test_a_producer_that_is_through_is_not_stopped() -> None:
    stopped = threading.Event()
    with in_background(range(3), on_stop=stopped.set) as produced:
        list(produced)
    assert not stopped.is_set()


def test_an_error_of_the_reader_ends_the_thread() -> None:
    with pytest.raises(ZeroDivisionError), in_background(iter(range(10_000))) as produced:
        _ = next(produced) / 0
    assert not stage_threads()


def test_a_profile_adds_up_busy_time_and_leaves_waiting_out() -> None:
    profile = StageProfile()

    def items() -> Iterator[int]:
        for number in range(3):
            time.sleep(0.02)
            yield number

    for _ in profile.timed_items("read", items()):
        time.sleep(0.05)
    with profile.timed("write"):
        time.sleep(0.02)
    assert 0.06 <= profile.seconds["read"] < 0.15
    assert 0.02 <= profile.seconds["write"] < 0.05
