"""What a folder is tried for: locks, durable writes, replacing in one step, deleting."""

from contextlib import ExitStack
from pathlib import Path

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.destinations import durable
from export_pipeline.write.destinations.destination import Probe
from export_pipeline.write.destinations.probing import Trial, free_bytes, try_all
from export_pipeline.write.destinations.staging_folder import staging_folder
from export_pipeline.write.os_errors import os_errors


def probe(root: Path, run_folder: Path, lock_wait_s: float) -> Probe:
    """Try out the folder `root` by means of small files in a new folder below `run_folder`."""
    with ExitStack() as stack:
        trial = _LocalTrial(run_folder, lock_wait_s, stack)
        trials = (
            Trial("write", trial.write),
            Trial("replace in one step", trial.replace),
            Trial("delete", trial.delete),
        )
        return Probe(tuple(try_all(trials)), free_bytes(root), root)


class _LocalTrial:
    def __init__(self, run_folder: Path, lock_wait_s: float, stack: ExitStack) -> None:
        self._run_folder, self._lock_wait_s, self._stack = run_folder, lock_wait_s, stack
        self._old = self._new = run_folder

    def write(self) -> None:
        """Make a locked folder, and in it two files that are on disk."""
        folder = self._stack.enter_context(staging_folder(self._run_folder, self._lock_wait_s))
        self._old, self._new = folder / "old", folder / "new"
        with os_errors("writing", folder):
            durable.write_file(self._old, b"old")
            durable.write_file(self._new, b"new")

    def replace(self) -> None:
        """Rename one file over the other."""
        with os_errors("replacing", self._old):
            durable.move(self._new, self._old)
            if self._old.read_bytes() != b"new":
                raise CorruptFileError(f"{self._old}: holds other bytes than were written; check the disk")

    def delete(self) -> None:
        """Delete a file."""
        with os_errors("deleting", self._old):
            durable.remove(self._old)
