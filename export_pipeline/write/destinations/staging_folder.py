"""A private folder for one export's files, removed with the export; what dead processes left is swept.

A living process holds a lock in its folder: a folder whose lock is free is nobody's, whatever its age. Folders
are made, and found dead, under one more lock, so that a sweep never meets a folder that is not locked yet.
Beside the folders lie the locks of one-off files, `NAME.lock`, as long as somebody holds them.
"""

import logging
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from export_pipeline.errors import ExportError
from export_pipeline.write.destinations.file_lock import hold_lock, try_lock
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.paths import LOCK_SUFFIX

_logger = logging.getLogger(__name__)

_LOCK: Final = "lock"


Bury = Callable[[Path], None]
"""Undoes elsewhere what a dead process noted in its folder, which is removed then. Raises: ExportError."""


def nothing_elsewhere(_: Path) -> None:
    """Bury a folder that is all there is to remove."""


@contextmanager
def staging_folder(run_folder: Path, wait_s: float, bury: Bury = nothing_elsewhere) -> Iterator[Path]:
    """Sweep, then give a new folder in `run_folder`; it and its empty parents are gone after the block.

    Raises: DestinationError, DestinationUnavailableError.
    """
    staging_root = run_folder.parent
    folder = run_folder / secrets.token_hex(8)
    with ExitStack() as stack:
        with hold_lock(staging_root / _LOCK, wait_s), os_errors("sweeping", staging_root):
            dead = _dead_folders(staging_root)
            stack.enter_context(hold_lock(folder / _LOCK, wait_s))
        _remove_dead(dead, bury)
        try:
            yield folder
        finally:
            _dispose(staging_root, folder, wait_s)


def _dispose(staging_root: Path, folder: Path, wait_s: float) -> None:
    """Remove our folder. Failing must not hide how the export ended: the next one sweeps."""
    try:
        with hold_lock(staging_root / _LOCK, wait_s):
            _remove(folder)
            _remove_empty(staging_root)
    except ExportError as exc:
        _logger.warning("%s", exc)


def _dead_folders(staging_root: Path) -> dict[Path, int]:
    """Return the folders whose lock nobody held, each with a descriptor that holds it now."""
    dead = {}
    for folder in [folder for run in staging_root.iterdir() if run.is_dir() for folder in run.iterdir()]:
        try:
            descriptor = try_lock(folder / _LOCK) if folder.is_dir() else None
        except OSError as exc:  # it must not stop an export
            _logger.warning("%s: cannot be looked at (%s); remove it by hand", folder, exc.strerror)
            continue
        if descriptor is not None:
            dead[folder] = descriptor
    return dead


def _remove_dead(dead: Mapping[Path, int], bury: Bury) -> None:
    """Bury and remove the folders, and let go of their locks. What resists is logged: it must not stop an export."""
    for folder, descriptor in dead.items():
        try:
            bury(folder)
            _remove(folder)
        except ExportError as exc:
            _logger.warning("%s: is kept, for the next export to clear away (%s)", folder, exc)
        finally:
            os.close(descriptor)


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as exc:
        _logger.warning("%s: cannot be removed (%s); remove it by hand", folder, exc.strerror)


def _remove_lock(path: Path) -> None:
    """Remove a lock file that nobody holds; whoever waits for it makes it anew. Raises: OSError."""
    if (descriptor := try_lock(path)) is not None:
        try:
            path.unlink()
        finally:
            os.close(descriptor)


def _remove_empty(staging_root: Path) -> None:
    """Remove files' locks that nobody holds, the folders of runs that have nothing staged, and the root if empty."""
    for entry in staging_root.iterdir():
        with suppress(OSError):  # not empty, or somebody else's
            if entry.name.endswith(LOCK_SUFFIX):
                _remove_lock(entry)
            else:
                entry.rmdir()
    if [entry.name for entry in staging_root.iterdir()] == [_LOCK]:
        (staging_root / _LOCK).unlink()
        with suppress(OSError):  # somebody waits for the lock, and has made it anew
            staging_root.rmdir()
