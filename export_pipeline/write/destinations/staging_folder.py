"""A private folder for one export's files, removed with the export; what dead processes left is swept.

A living process holds a lock in its folder: a folder whose lock is free is nobody's, whatever its age. Folders
are made and removed under one more lock, so that a sweep never meets a folder that is not locked yet.
"""

import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from export_pipeline.errors import ExportError
from export_pipeline.write.destinations.file_lock import hold_lock, try_lock
from export_pipeline.write.os_errors import os_errors

_logger = logging.getLogger(__name__)

_LOCK: Final = "lock"


@contextmanager
def staging_folder(run_folder: Path, wait_s: float) -> Iterator[Path]:
    """Sweep, then give a new folder in `run_folder`; it and its empty parents are gone after the block.

    Raises: DestinationError, DestinationUnavailableError.
    """
    staging_root = run_folder.parent
    folder = run_folder / secrets.token_hex(8)
    with ExitStack() as stack:
        with hold_lock(staging_root / _LOCK, wait_s), os_errors("sweeping", staging_root):
            _sweep(staging_root)
            stack.enter_context(hold_lock(folder / _LOCK, wait_s))
        try:
            yield folder
        finally:
            _dispose(staging_root, folder, wait_s)


def sweep_folders(staging_root: Path, wait_s: float) -> int:
    """Remove the folders of dead processes below `staging_root`; return their number.

    Raises: DestinationError, DestinationUnavailableError.
    """
    if not staging_root.is_dir():
        return 0
    with hold_lock(staging_root / _LOCK, wait_s), os_errors("sweeping", staging_root):
        swept = _sweep(staging_root)
        _remove_empty(staging_root)
        return swept


def _dispose(staging_root: Path, folder: Path, wait_s: float) -> None:
    """Remove our folder. Failing must not hide how the export ended: the next one sweeps."""
    try:
        with hold_lock(staging_root / _LOCK, wait_s):
            _remove(folder)
            _remove_empty(staging_root)
    except ExportError as exc:
        _logger.warning("%s", exc)


def _sweep(staging_root: Path) -> int:
    runs = [run for run in staging_root.iterdir() if run.is_dir()]
    return sum(_remove_if_dead(folder) for run in runs for folder in run.iterdir() if folder.is_dir())


def _remove_if_dead(folder: Path) -> bool:
    """Remove `folder` if nobody holds its lock. What resists is logged: it must not stop an export."""
    try:
        descriptor = try_lock(folder / _LOCK)
    except OSError as exc:
        _logger.warning("%s: cannot be looked at (%s); remove it by hand", folder, exc.strerror)
        return False
    if descriptor is None:
        return False
    try:
        return _remove(folder)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> bool:
    try:
        shutil.rmtree(folder)
    except OSError as exc:
        _logger.warning("%s: cannot be removed (%s); remove it by hand", folder, exc.strerror)
        return False
    return True


def _remove_empty(staging_root: Path) -> None:
    """Remove the folders of runs that have nothing staged, and the root if there is no other."""
    for run in staging_root.iterdir():
        with suppress(OSError):  # not empty, or not a folder
            run.rmdir()
    if [entry.name for entry in staging_root.iterdir()] == [_LOCK]:
        (staging_root / _LOCK).unlink()
        with suppress(OSError):  # somebody waits for the lock, and has made it anew
            staging_root.rmdir()
