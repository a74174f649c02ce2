"""Removing what nobody needs any more: welcome, but never worth a failed export."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from export_pipeline.errors import ExportError
from export_pipeline.write.destinations.s3_keys import S3Keys
from export_pipeline.write.destinations.s3_objects import S3Objects

ABANDONED: Final = timedelta(days=1)
"""A pending object or an upload this old is nobody's: no export takes so long."""

_logger = logging.getLogger(__name__)
_said: set[str] = set()


@contextmanager
def harmless(doing: str, bucket: str) -> Iterator[None]:
    """Make a warning of an error of the block: one a process for each kind of deed and bucket."""
    try:
        yield
    except ExportError as exc:
        if (deed := f"{doing} {bucket}") not in _said:
            _said.add(deed)
            _logger.warning("%s; the export goes on, and this is not said again", exc)


def delete_abandoned(objects: S3Objects, prefix: str) -> None:
    """Delete the objects below `prefix` that have been abandoned."""
    with harmless("deleting", objects.client.bucket):
        for entry in objects.list_objects(prefix):
            if entry.age > ABANDONED:
                objects.delete(entry.key)


def abort_abandoned(objects: S3Objects, keys: S3Keys) -> None:
    """Abort the uploads to a target's own keys that have been abandoned: others may use the bucket, and its prefix."""
    with harmless("aborting uploads", objects.client.bucket):
        for key in filter(None, (keys.data, keys.quarantine)):
            for entry in objects.list_uploads(key):
                if entry.age > ABANDONED and entry.upload_id and keys.owns(entry.key):
                    objects.abort(entry.key, entry.upload_id)
