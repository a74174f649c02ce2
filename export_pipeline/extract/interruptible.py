"""Waits for the driver in a thread of its own, so that the main thread hears Ctrl-C and SIGTERM meanwhile.

In the main thread ADBC takes SIGINT for itself and makes a failed statement of it, which would be tried again; and
SIGTERM it does not let through before the statement has ended.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.1


def interruptibly(work: Callable[[], T], cancel: Callable[[], None]) -> T:
    """Return what `work` gives. An interrupt calls `cancel`, which must make `work` end, and is raised then."""
    with ThreadPoolExecutor(1, "export-query") as pool:
        future = pool.submit(work)
        try:
            while not future.done():  # in short steps: where Polars has hooked SIGINT, a long one sleeps through it
                wait([future], _POLL_S)
        except BaseException:
            while not future.done():  # again, should the statement to cancel only be about to begin
                cancel()
                wait([future], _POLL_S)
            raise
        return future.result()
