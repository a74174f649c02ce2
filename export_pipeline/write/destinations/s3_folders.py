"""Whole objects of a bucket that belong to no target: put, listed, removed, linked to."""

import secrets
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from export_pipeline.errors import ConfigError, DestinationError
from export_pipeline.write.destinations.destination import StoredFile
from export_pipeline.write.destinations.s3_keys import join
from export_pipeline.write.destinations.s3_objects import Mark, S3Objects
from export_pipeline.write.destinations.s3_tidying import harmless
from export_pipeline.write.paths import check_path, check_removable

LONGEST_LINK_S: Final = 7 * 24 * 3600
"""S3's own bound."""


class S3Folders:
    """The objects below `prefix` as files in folders. Every method raises what `s3_errors` says."""

    def __init__(self, objects: S3Objects, prefix: str) -> None:
        self._objects = objects
        self._prefix = prefix

    def put(self, path: PurePosixPath, content: bytes) -> None:
        """Put a small object, whatever is there."""
        check_path(path)
        self._objects.put(join(self._prefix, path), content, {}, Mark(secrets.token_hex(16), "put"))

    def list_files(self, folder: PurePosixPath) -> Sequence[StoredFile]:
        """Return all objects below `folder`, by path, but for the empty ones by which some programs mark folders."""
        check_path(folder)
        return sorted(
            (
                StoredFile(PurePosixPath(self._below(entry.key)), entry.size, entry.begun_at)
                for entry in self._objects.list_objects(self._key(folder))
                if not entry.key.endswith("/")
            ),
            key=lambda file: file.path,
        )

    def remove(self, folder: PurePosixPath) -> None:
        """Delete all objects of the folder of one export, and abort the uploads to it."""
        check_removable(folder)
        with harmless("aborting uploads", self._objects.client.bucket):
            for entry in self._objects.list_uploads(self._key(folder)):
                if entry.upload_id:
                    self._objects.abort(entry.key, entry.upload_id)
        self._objects.delete_all([entry.key for entry in self._objects.list_objects(self._key(folder))])

    def link(self, path: PurePosixPath, expires_s: int) -> str:
        """Return a URL that reads an object for `expires_s` seconds. Raises: ConfigError for more than a week."""
        check_path(path)
        if not 1 <= expires_s <= LONGEST_LINK_S:
            raise ConfigError(f"a link lives for 1 to {LONGEST_LINK_S} seconds (7 days), not for {expires_s}")
        key = join(self._prefix, path)
        if self._objects.head(key) is None:
            raise DestinationError(f"{self._objects.client.where(key)}: it is not there; list the export's files")
        return self._objects.client.link(key, expires_s)

    def _key(self, folder: PurePosixPath) -> str:
        return join(self._prefix, folder) + "/"

    def _below(self, key: str) -> str:
        return key.removeprefix(f"{self._prefix}/") if self._prefix else key
