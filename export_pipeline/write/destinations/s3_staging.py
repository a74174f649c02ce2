"""The steps of a publish in a bucket: spooled, sent, checked, put on condition that nobody else was faster.

Their order is in `../publish.py`. What a killed publisher leaves, `s3_recovery.py` and the next publisher mend.
"""

from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path

import pyarrow as pa

from export_pipeline.errors import ConfigError, CorruptFileError, OvertakenError
from export_pipeline.write.destinations.local_files import sha256_of
from export_pipeline.write.destinations.s3_keys import S3Keys
from export_pipeline.write.destinations.s3_objects import Mark, S3Objects, only_if
from export_pipeline.write.destinations.s3_publication import Published, S3Publication
from export_pipeline.write.destinations.s3_reading import copied
from export_pipeline.write.destinations.s3_record import Recorder
from export_pipeline.write.destinations.s3_spool import SpoolFile, SpoolRoom
from export_pipeline.write.destinations.s3_tidying import harmless
from export_pipeline.write.destinations.s3_upload import S3Upload
from export_pipeline.write.formats.format import Format
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.os_errors import os_errors


class S3Staging:
    """One export's files in the local `folder`, to be published under `keys`."""

    def __init__(self, objects: S3Objects, folder: Path, keys: S3Keys, mark: Mark) -> None:
        self._objects = objects
        self._folder = folder
        self._keys = keys
        self._mark = mark
        recorder = Recorder(folder, mark, keys)
        self._publication = S3Publication(objects, keys, recorder.note_upload)
        self._found = Published(None, None)
        self._data = folder / "data"
        self._quarantine = folder / "quarantine"
        note = partial(recorder.note_upload, keys.data)
        self._upload = S3Upload(objects, keys.data, self._data, mark, note)
        self._room = SpoolRoom(objects.client.options.spool_bytes, folder)
        self._opened: dict[Path, tuple[SpoolFile, HashingSink]] = {}
        self._pending: Manifest | None = None

    @property
    def uri(self) -> str:
        """The data's `s3://` URI, its key as it is."""
        return self._objects.client.where(self._keys.data)

    def open_data(self) -> HashingSink:
        """Open the data file for writing, once."""
        return self._open(self._data)

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows for writing, once. Raises: ConfigError when the target has none."""
        if self._keys.quarantine is None:
            raise ConfigError(f"{self.uri}: a derived format has no rejected rows; they belong to its source")
        return self._open(self._quarantine)

    def discard(self) -> None:
        """Close whatever is open and abort the upload, unless it was published; recover from an interrupted publish."""
        for spooled, sink in self._opened.values():
            sink.discard()
            with suppress(OSError):  # a full disk refuses what is still buffered: it is thrown away
                spooled.close()
        with harmless("aborting uploads", self._objects.client.bucket):
            self._upload.abort()
        if self._pending:
            with harmless("recovering", self._objects.client.bucket):
                self.recover()

    def seal(self) -> None:
        """Close the files and wait until the bucket has all parts of the data."""
        for path, (spooled, _) in self._opened.items():
            with os_errors("writing", path):
                spooled.close()
        self._upload.finish(self._opened[self._data][0].size)

    def check(self, manifest: Manifest, fmt: Format, schema: pa.Schema) -> None:
        """Re-open what was spooled. Raises: CorruptFileError unless it is what `manifest` says."""
        fmt.check(self._data, manifest.row_count, schema)
        _check_content(self._data, manifest.sha256)
        if manifest.quarantine:
            _check_content(self._quarantine, manifest.quarantine.sha256)

    def locked(self) -> AbstractContextManager[None]:
        """Do nothing: a bucket has no lock. Every step is on condition that nobody else was faster."""
        return nullcontext()

    def recover(self) -> None:
        """Finish what a publisher left undone, and undo what we did, unless our data is in place."""
        pending, self._pending = self._pending, None
        if pending:
            with harmless("aborting uploads", self._objects.client.bucket):
                self._upload.abort()
        self._found = self._publication.settle(self._download)
        self._publication.sweep()
        if pending:
            self._publication.forget(self._mark)

    def published(self) -> Manifest | None:
        """Return the manifest in place. Raises: CorruptFileError when it cannot be read."""
        found = self._found.manifest
        return Manifest.from_json(found.content, self._objects.client.where(self._keys.manifest)) if found else None

    def put_pending(self, manifest: Manifest) -> None:
        """Store the next quarantine, then the next manifest, beside the ones in place."""
        self._pending = manifest
        self._publication.put_pending(self._mark, manifest, self._own_quarantine)

    def replace_data(self) -> None:
        """Make the upload the object in place. Raises: OvertakenError unless `recover` saw what is there now."""
        self._upload.publish(only_if(self._found.data))
        found = self._objects.head(self._keys.data)
        if found is None or found.publication != self._mark.publication:
            raise OvertakenError(f"{self.uri}: another export replaced it while ours was published; run again")
        if found.size != self._opened[self._data][0].size:
            self._publication.forget(self._mark)  # else whoever recovers would put our manifest beside it
            raise CorruptFileError(f"{self.uri}: the bucket holds {found.size} bytes of it, more were sent")

    def promote_pending(self) -> None:
        """Put the next quarantine, then the next manifest, in place: from here, whatever became of the pending ones."""
        if self._pending:
            self._publication.promote(self._mark, self._pending, self._own_quarantine)
            self._publication.forget(self._mark)
            self._pending = None

    def _own_quarantine(self) -> AbstractContextManager[Path]:
        return nullcontext(self._quarantine)

    def _download(self, key: str) -> AbstractContextManager[Path]:
        return copied(self._objects.client, key, self._folder / "theirs")

    def _open(self, path: Path) -> HashingSink:
        step_bytes = self._objects.client.options.part_bytes
        with os_errors("opening", path):
            spooled = SpoolFile(path, self._room, step_bytes, self._upload.grow if path == self._data else _wait)
        sink = HashingSink(spooled, path)
        self._opened[path] = (spooled, sink)
        return sink


def _wait(_: int) -> None:
    """Let a file of rejected rows grow: it is sent when it is whole."""


def _check_content(path: Path, sha256: str) -> None:
    with os_errors("reading", path):
        found = sha256_of(path)
    if found != sha256:
        raise CorruptFileError(f"{path}: the disk holds other bytes than were written; check the disk, export it again")
