"""Locks that the kernel drops when their process dies: `flock` on a file.

No holder has to be guessed dead by its age. Files, not folders: NFS locks only what is writable.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from export_pipeline.errors import DestinationUnavailableError
from export_pipeline.write.destinations.durable import make_folders
from export_pipeline.write.os_errors import os_errors

_POLL_S: Final = 0.02


@contextmanager
def hold_lock(path: Path, wait_s: float) -> Iterator[None]:
    """Hold the lock file `path`, made when it is missing; whoever holds it may remove it.

    Raises: DestinationUnavailableError when it was not had within `wait_s`, DestinationError.
    """
    with os_errors("locking", path):
        descriptor = _wait_for(path, wait_s)
    try:
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock while it is open; None when it is taken. Raises: OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    is_ours = False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its last holder may have removed the file since we opened it: then this lock locks nobody out.
        is_ours = os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        pass
    finally:
        if not is_ours:
            os.close(descriptor)
    return descriptor if is_ours else None


def _wait_for(path: Path, wait_s: float) -> int:
    deadline = time.monotonic() + wait_s
    while True:
        with suppress(FileNotFoundError):  # its last holder removed the folder, too
            make_folders(path.parent)
            if (descriptor := try_lock(path)) is not None:
                return descriptor
        if time.monotonic() > deadline:
            raise DestinationUnavailableError(
                f"{path}: another export has held this lock for over {wait_s:g} s; run again when it is done"
            )
        time.sleep(_POLL_S)
