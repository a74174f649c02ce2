"""Tells whether a run's process still lives, whatever its host, container or process id: by a lock on a file.

Each process that executes a run holds `flock` on a file of its own in DAGSTER_HOME/workers until it ends. The kernel
drops the lock with the process, and with the host. So a file whose lock is free was left by a process that is gone.
A run without a file says nothing: it may live where we cannot see it.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance, InitResourceContext, IOManager, IOManagerDefinition

from export_pipeline.defs.pools import make_pools
from export_pipeline.defs.storage_connections import keep_connections


def workers_folder(instance: DagsterInstance) -> Path:
    """Return the folder with a file for each process that executes a run."""
    return Path(instance.root_directory, "workers")


@contextmanager
def lifeline(folder: Path, run_id: str) -> Iterator[None]:
    """Hold this process's file for the run while the block runs, then remove it. Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run_id}.{secrets.token_hex(4)}"
    unseen = path.with_name(f".{path.name}")  # until it is locked, or it would look abandoned
    descriptor = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unseen.rename(path)
        yield
    finally:
        path.unlink(missing_ok=True)  # before the lock is dropped, or it would look abandoned
        os.close(descriptor)


def abandoned_runs(folder: Path) -> dict[str, list[Path]]:
    """Return the runs whose every process is gone, with the files that those left. Raises: OSError."""
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("[!.]*")):
        files.setdefault(path.stem, []).append(path)
    return {run_id: left for run_id, left in files.items() if all(map(_is_abandoned, left))}


def with_lifeline(manager: IOManager) -> IOManagerDefinition:
    """Return the IO manager as one that readies the storage for a run, and holds a lifeline while the run uses it."""

    def guarded(context: InitResourceContext) -> Iterator[IOManager]:
        if context.run is None or context.instance is None:  # somebody loads a value outside of a run
            yield manager
            return
        keep_connections(context.instance)
        make_pools(context.instance)
        with lifeline(workers_folder(context.instance), context.run.run_id):
            yield manager

    # A resource's function may be a generator; the annotation of an IO manager's does not know.
    return IOManagerDefinition(guarded, description=type(manager).__doc__)  # type: ignore[arg-type]


def _is_abandoned(path: Path) -> bool:
    """Tell whether a process left its file: nobody holds the lock, and the file is still there."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:  # its process ended just now
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(descriptor)
