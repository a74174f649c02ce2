"""What is published at one target of a bucket, and how the next publication takes its place without a lock.

The data object decides: whose it is says which manifest is the right one. That manifest is in place, or still pending
beside it; then whoever meets it puts it in place. docs/decisions/015-publishing-without-a-lock.md
has every interleaving.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from export_pipeline.errors import CorruptFileError, OvertakenError
from export_pipeline.write.destinations.s3_keys import S3Keys
from export_pipeline.write.destinations.s3_objects import Condition, Mark, S3Objects, Seen, only_if
from export_pipeline.write.destinations.s3_tidying import delete_abandoned, harmless
from export_pipeline.write.destinations.s3_upload import S3Upload
from export_pipeline.write.manifest import Manifest, NewerManifestError
from export_pipeline.write.s3_errors import AbsentError

_logger = logging.getLogger(__name__)

_LOOKS: Final = 5

LocalFile = Callable[[], AbstractContextManager[Path]]
"""Gives the next quarantine as a local file while the block runs."""

Download = Callable[[str], AbstractContextManager[Path]]
"""Gives the object of a key as a local file while the block runs."""

NoteUpload = Callable[[str, str | None], None]
"""Is told the key of an upload that is about to be begun (None), then its id."""


@dataclass(frozen=True, slots=True)
class Published:
    """The data and the manifest in place, as they were seen; the manifest may be of another publication."""

    data: Seen | None
    manifest: Seen | None

    @property
    def is_settled(self) -> bool:
        """Whether the manifest is the data's own."""
        return self.data is None or (self.manifest is not None and self.manifest.publication == self.data.publication)


class S3Publication:
    """One target: what is in place there, what is pending, and the steps from one to the other."""

    def __init__(self, objects: S3Objects, keys: S3Keys, note_upload: NoteUpload) -> None:
        self._objects = objects
        self._keys = keys
        self._note_upload = note_upload

    def look(self) -> Published:
        """Return what is in place: the data first, so that its manifest, looked for afterwards, is there or pending."""
        return Published(self._objects.head(self._keys.data), self._objects.get(self._keys.manifest))

    def settle(self, download: Download) -> Published:
        """Put the manifest of the data in place, if it is pending; return what is in place then."""
        missing = None
        for _ in range(_LOOKS):
            found = self.look()
            if found.is_settled or found.data is None or found.data.publication is None:
                return found
            pending = self._objects.get(self._keys.pending_manifest(Mark(found.data.publication, "")))
            if pending:
                if not self._finish(pending, found.data.publication, download):
                    return found
            elif missing == found.data.publication:  # else it was put in place between our two looks
                _logger.warning("%s: its manifest is gone; export it again", self._where)
                return found
            else:
                missing = found.data.publication
        raise OvertakenError(f"{self._where}: is replaced all the time; run again later")

    def put_pending(self, mark: Mark, manifest: Manifest, quarantine: LocalFile) -> None:
        """Store the next quarantine, then the next manifest, for whoever has to finish our work."""
        if manifest.quarantine:
            self._upload(self._keys.pending_quarantine(mark), mark, {}, quarantine)
        self._objects.put(self._keys.pending_manifest(mark), manifest.to_json().encode(), {}, mark)

    def promote(self, mark: Mark, manifest: Manifest, quarantine: LocalFile) -> None:
        """Put the quarantine, then the manifest, of the data that is in place there.

        Raises: OvertakenError when the data in place is another publication's, AbsentError without the quarantine.
        """
        absent = None
        for _ in range(_LOOKS):
            if not self._objects.is_of(self._keys.data, mark):
                absent = None
                break
            current = self._objects.get(self._keys.manifest)
            if current and current.publication == mark.publication:
                return
            try:
                self._place_quarantine(mark, manifest, quarantine)
                self._objects.put(self._keys.manifest, manifest.to_json().encode(), only_if(current), mark)
            except OvertakenError:
                absent = None
            except AbsentError as exc:  # somebody finished our work between two requests, or it is gone
                absent = exc
            else:
                return
        if absent:
            raise absent
        raise OvertakenError(f"{self._where}: another export replaced it while ours was published; run again")

    def forget(self, mark: Mark) -> None:
        """Delete what a publication has pending."""
        with harmless("deleting", self._objects.client.bucket):
            self._objects.delete(self._keys.pending_manifest(mark))
            if self._keys.quarantine:
                self._objects.delete(self._keys.pending_quarantine(mark))

    def sweep(self) -> None:
        """Delete what long dead publications have pending; the data's own must be settled."""
        for prefix in self._keys.pendings:
            delete_abandoned(self._objects, prefix)

    @property
    def _where(self) -> str:
        return self._objects.client.where(self._keys.data)

    def _finish(self, pending: Seen, publication: str, download: Download) -> bool:
        """Do what a publisher had left to do when it was killed, or has still to do.

        Return whether to look again: not when only a newer version can read its manifest, which is kept for that.
        """
        try:
            manifest = Manifest.from_json(pending.content, self._keys.manifest)
            mark = Mark(publication, manifest.run_id)
            self.promote(mark, manifest, lambda: download(self._keys.pending_quarantine(mark)))
        except NewerManifestError as exc:
            _logger.warning("%s", exc)
            return False
        except (CorruptFileError, AbsentError) as exc:
            _logger.warning("%s", exc)
        except OvertakenError:
            if self._objects.is_of(self._keys.data, mark):  # others were faster each time: it is still needed
                return True
        self.forget(Mark(publication, ""))
        return True

    def _place_quarantine(self, mark: Mark, manifest: Manifest, quarantine: LocalFile) -> None:
        if self._keys.quarantine is None:
            return
        current = self._objects.head(self._keys.quarantine)
        if manifest.quarantine is None:
            if current:
                with harmless("deleting", self._objects.client.bucket):
                    self._objects.delete(self._keys.quarantine, current)
        elif current is None or current.publication != mark.publication:
            self._upload(self._keys.quarantine, mark, only_if(current), quarantine)

    def _upload(self, key: str, mark: Mark, condition: Condition, file: LocalFile) -> None:
        with file() as path:
            upload = S3Upload(self._objects, key, path, mark, partial(self._note_upload, key))
            try:
                upload.finish(path.stat().st_size)
                upload.publish(condition)
            finally:
                with harmless("aborting uploads", self._objects.client.bucket):
                    upload.abort()
