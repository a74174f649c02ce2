"""Waits for the driver in a thread of its own, so that the main thread hears Ctrl-C and SIGTERM meanwhile.

In the main thread ADBC takes SIGINT for itself and makes a failed statement of it, which would be tried again; and
SIGTERM it does not let through before the statement has ended.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.1


def interruptibly(work: Callable[[], T], cancel: Callable[[], None]) -> T:
    """Return what `work` gives. An interrupt calls `cancel`, which must make `work` end, and is raised then."""
    future = in_daemon_thread(work)
    try:
        while not future.done():  # in short steps: where Polars has hooked SIGINT, a long one sleeps through it
            wait([future], _POLL_S)
    except BaseException:
        while not future.done():  # again, should the statement to cancel only be about to begin
            cancel()
            wait([future], _POLL_S)
        raise
    return future.result()


def in_daemon_thread(work: Callable[[], T]) -> Future[T]:
    """Begin `work` in a thread that no process waits for at its end, as it does for those of a pool."""
    future: Future[T] = Future()
    threading.Thread(target=_fulfil, args=(future, work), name="export-query", daemon=True).start()
    return future


def _fulfil(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whoever waits raises it
        future.set_exception(error)
