"""Several commands share the embedded database of one home: who started it stops it once the others have ended."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

_LOOK_S: Final = 0.1
_QUIET_S: Final = 1.0
"""For so long nobody is told that we wait."""

Wait = Callable[[], None]


@contextmanager
def shared(lock: Path) -> Iterator[Wait]:
    """Be one of the home's users while the block runs; the function given waits until there is no other one.

    From then on whoever comes waits until the block ends, and starts a database anew.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield lambda: _wait_alone(descriptor, lock.parent)
    finally:
        os.close(descriptor)


def _wait_alone(descriptor: int, home: Path) -> None:
    told, begun = False, time.monotonic()
    while not _is_alone(descriptor):
        if not told and time.monotonic() - begun > _QUIET_S:
            Console(stderr=True, highlight=False).print(
                f"other commands use the database of {home}, which this one started: waiting for them "
                "(Ctrl-C stops it now)",
                markup=False,
                soft_wrap=True,
            )
            told = True
        time.sleep(_LOOK_S)


def _is_alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
