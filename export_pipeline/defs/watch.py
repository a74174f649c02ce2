"""Looks, beside a run that does its work, whether somebody wants it to end."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_EVERY_S: Final = 3.0


@contextmanager
def watched(is_over: Callable[[], bool], end: Callable[[], object]) -> Iterator[None]:
    """While the block runs, ask `is_over` every three seconds, in a thread of its own, and call `end` when it is so."""
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(is_over, end, done), daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()


def _watch(is_over: Callable[[], bool], end: Callable[[], object], done: threading.Event) -> None:
    while not done.wait(_EVERY_S):
        try:
            over = is_over()
        except Exception:  # noqa: BLE001, S112 - the storage is away, however its driver says so: the run goes on
            continue
        if over and not done.is_set():
            end()
            return
