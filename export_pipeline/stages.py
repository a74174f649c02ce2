"""Runs the stages of an export side by side: each in a thread of its own, with a short queue to the next.

Arrow's and Polars' kernels, the Parquet writer and the driver release the GIL, so reading, transforming and
writing overlap. An error in one stage surfaces in the next one, and stopping the last stops all before it.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final, TypeVar

T = TypeVar("T")

_DEPTH: Final = 2
_POLL_S: Final = 0.1


@dataclass(slots=True)
class StageProfile:
    """Seconds that each stage was busy, waiting for its neighbours left out."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to `stage`."""
        begun = perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + perf_counter() - begun

    def timed_items(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """Yield `items`, adding the time that producing each one takes to `stage`."""
        iterator = iter(items)
        while True:
            with self.timed(stage):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


_DONE: Final = object()


@contextmanager
def in_background(items: Iterable[T], on_stop: Callable[[], None] | None = None) -> Iterator[Iterator[T]]:
    """Give an iterator over `items`, which a thread produces up to two ahead.

    An error in `items` is raised where the iterator is read. Leaving the block early stops the thread:
    `on_stop` must then end whatever `items` may be waiting for. The thread has ended when the block ends.
    """
    handover: queue.Queue[object] = queue.Queue(_DEPTH)
    stopping = threading.Event()
    exhausted = threading.Event()
    work = (items, handover, stopping, exhausted)
    thread = threading.Thread(target=_produce, args=work, name="export-stage", daemon=True)
    thread.start()
    try:
        yield _consume(handover)
    finally:
        stopping.set()
        if on_stop is not None and not exhausted.is_set():
            on_stop()
        thread.join()


def _produce(
    items: Iterable[object],
    handover: queue.Queue[object],
    stopping: threading.Event,
    exhausted: threading.Event,
) -> None:
    last: object = _DONE
    try:
        for item in items:
            if not _put(handover, item, stopping):
                break
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised again in the reading thread
        last = _Failed(error)
    finally:
        exhausted.set()
        if isinstance(items, Generator):
            items.close()
    _put(handover, last, stopping)


def _put(handover: queue.Queue[object], item: object, stopping: threading.Event) -> bool:
    """Hand `item` over as soon as there is room; False when nobody wants it any more."""
    while not stopping.is_set():
        try:
            handover.put(item, timeout=_POLL_S)
        except queue.Full:
            continue
        return True
    return False


def _consume(handover: queue.Queue[object]) -> Iterator[T]:
    while (item := _take(handover)) is not _DONE:
        if isinstance(item, _Failed):
            raise item.error
        yield item  # type: ignore[misc] # what the producer put: T


def _take(handover: queue.Queue[object]) -> object:
    """Wait in short steps: where Polars has hooked SIGINT, a long one sleeps through Ctrl-C."""
    while True:
        with suppress(queue.Empty):
            return handover.get(timeout=_POLL_S)
