"""The steps of a publish on a local file system: staged, synced, checked, locked, renamed.

Their order is in `../publish.py`. What a killed publisher leaves, `local_recovery.py` mends.
"""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.write.destinations import durable, local_recovery
from export_pipeline.write.destinations.file_lock import hold_lock
from export_pipeline.write.destinations.local_files import LocalFiles, file_uri, sha256_of
from export_pipeline.write.formats.format import Format
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.os_errors import os_errors

_BUFFER_BYTES = 1 << 20


class LocalStaging:
    """One export's files in `folder`, to be published as `files`."""

    def __init__(self, folder: Path, files: LocalFiles, run_id: str, lock_wait_s: float) -> None:
        self._files = files
        self._run_id = run_id
        self._lock_wait_s = lock_wait_s
        self._data = folder / "data"
        self._quarantine = folder / "quarantine"
        self._opened: list[tuple[BinaryIO, HashingSink]] = []

    @property
    def uri(self) -> str:
        """The data's `file://` URI."""
        return file_uri(self._files.data)

    def open_data(self) -> HashingSink:
        """Open the data file for writing, once."""
        return self._open(self._data)

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows for writing, once. Raises: ConfigError when the target has none."""
        if self._files.quarantine is None:
            raise ConfigError(f"{self._files.data}: a derived format has no rejected rows; they belong to its source")
        return self._open(self._quarantine)

    def discard(self) -> None:
        """Close whatever is open, finished or not."""
        for raw, sink in self._opened:
            sink.discard()
            with contextlib.suppress(OSError):  # a full disk refuses what is still buffered: it is thrown away
                raw.close()

    def seal(self) -> None:
        """Close the files and wait until the disk has them."""
        for raw, _ in self._opened:
            path = Path(raw.name)
            with os_errors("writing", path):
                raw.close()
                durable.sync(path)

    def check(self, manifest: Manifest, fmt: Format, schema: pa.Schema) -> None:
        """Re-open what was staged. Raises: CorruptFileError unless it is what `manifest` says."""
        fmt.check(self._data, manifest.row_count, schema)
        _check_content(self._data, manifest.sha256)
        if manifest.quarantine:
            _check_content(self._quarantine, manifest.quarantine.sha256)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the target's lock, if it has one. Raises: DestinationUnavailableError."""
        if self._files.lock is None:
            yield
            return
        with hold_lock(self._files.lock, self._lock_wait_s):
            yield

    def recover(self) -> None:
        """Finish or undo what a killed publisher left beside this target."""
        with os_errors("recovering", self._files.manifest):
            local_recovery.recover(self._files)

    def published(self) -> Manifest | None:
        """Return the manifest in place. Raises: CorruptFileError when it cannot be read."""
        return self._files.read_manifest()

    def put_pending(self, manifest: Manifest) -> None:
        """Put the next quarantine, then the next manifest, beside the ones in place."""
        files = self._files
        with os_errors("writing beside", files.manifest):
            if manifest.quarantine and files.quarantine:
                durable.move(self._quarantine, files.pending_quarantine(self._run_id))
            durable.write_file(files.pending_manifest(self._run_id), manifest.to_json().encode())

    def replace_data(self) -> None:
        """Rename the data into its place."""
        with os_errors("publishing", self._files.data):
            durable.move(self._data, self._files.data)

    def promote_pending(self) -> None:
        """Rename the quarantine, then the manifest, into their places."""
        with os_errors("publishing", self._files.manifest):
            local_recovery.promote(self._files, self._run_id)

    def _open(self, path: Path) -> HashingSink:
        with os_errors("opening", path):
            raw = path.open("xb", buffering=_BUFFER_BYTES)
        sink = HashingSink(raw, path)
        self._opened.append((raw, sink))
        return sink


def _check_content(path: Path, sha256: str) -> None:
    with os_errors("reading", path):
        found = sha256_of(path)
    if found != sha256:
        raise CorruptFileError(f"{path}: the disk holds other bytes than were written; check the disk, export it again")
