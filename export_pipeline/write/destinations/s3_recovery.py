"""What is done about an export of this machine that was killed while it wrote to a bucket."""

from pathlib import Path

from export_pipeline.errors import DestinationUnavailableError
from export_pipeline.write.destinations.s3_objects import S3Objects
from export_pipeline.write.destinations.s3_publication import S3Publication
from export_pipeline.write.destinations.s3_reading import copied
from export_pipeline.write.destinations.s3_record import Begun, Recorder, known_uploads, read_record
from export_pipeline.write.destinations.s3_tidying import harmless
from export_pipeline.write.os_errors import os_errors


def bury(objects: S3Objects, folder: Path, spool: Path) -> None:
    """Abort the uploads that the export recorded in `folder`, and finish or undo its publication.

    Raises: what `s3_errors` says, DestinationUnavailableError while uploads are left, which stay in the record.
    """
    with os_errors("reading", folder):
        record = read_record(folder)
    if record is None:
        return
    others = set(known_uploads(spool))
    left = [begun for begun in record.uploads if not _is_aborted(objects, begun, others)]
    recorder = Recorder(folder, record.mark, record.keys, left)
    publication = S3Publication(objects, record.keys, recorder.note_upload)
    publication.settle(lambda key: copied(objects.client, key, folder / "theirs"))
    publication.forget(record.mark)
    if left:
        raise DestinationUnavailableError(f"{len(left)} of its uploads could not be aborted")


def _is_aborted(objects: S3Objects, begun: Begun, others: set[str]) -> bool:
    with harmless("aborting uploads", objects.client.bucket):
        _abort(objects, begun, others)
        return True
    return False


def _abort(objects: S3Objects, begun: Begun, others: set[str]) -> None:
    """Abort an upload; one killed before it knew the id is whichever to its key that nobody knows of that time.

    Should that be another machine's, then its export fails, and is tried again.
    """
    if begun.upload_id:
        objects.abort(begun.key, begun.upload_id)
        return
    for entry in objects.list_uploads(begun.key):
        if entry.upload_id and entry.upload_id not in others and begun.may_be(entry):
            objects.abort(entry.key, entry.upload_id)
