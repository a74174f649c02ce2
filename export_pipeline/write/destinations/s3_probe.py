"""What a bucket is tried for: conditional writes in one request and in parts, reading, listing, tidying up."""

from collections.abc import Callable
from pathlib import Path

from export_pipeline.errors import CorruptFileError, DestinationError, OvertakenError
from export_pipeline.write.destinations.destination import Probe
from export_pipeline.write.destinations.probing import Trial, free_bytes, try_all
from export_pipeline.write.destinations.s3_objects import Mark, S3Objects, Seen, content_md5, only_if
from export_pipeline.write.destinations.s3_tidying import harmless

_GUARD = "this server cannot keep two exports from overwriting each other: use one that knows If-Match"

_ANOTHER = Seen(etag='"0123456789abcdef0123456789abcdef"', publication=None, size=0)


def probe(objects: S3Objects, key: str, spool: Path) -> Probe:
    """Try out a bucket by means of a small object under `key`, which is deleted; `spool` is the local folder."""
    trial = _S3Trial(objects, key)
    trials = (
        Trial("write", trial.write),
        Trial("read", trial.read),
        Trial("list", trial.list),
        Trial("replace only what was seen", trial.replace),
        Trial("upload in parts, replacing only what was seen", trial.upload),
        Trial("list unfinished uploads", trial.list_uploads, is_required=False),
        Trial("delete", trial.delete, is_required=False),
    )
    try:
        return Probe(tuple(try_all(trials)), free_bytes(spool), spool)
    finally:
        trial.tidy()


class _S3Trial:
    def __init__(self, objects: S3Objects, key: str) -> None:
        self._objects = objects
        self._key = key
        self._mark = Mark("probe", "probe")
        self._is_left = False

    def write(self) -> None:
        self._objects.put(self._key, b"old", only_if(None), self._mark)
        self._is_left = True

    def read(self) -> None:
        self._seen()

    def list(self) -> None:
        if not self._objects.list_objects(self._key):
            raise DestinationError(f"{self._where}: was written, but is not listed; use a server that lists at once")

    def replace(self) -> None:
        """Put it anew as what it is, then as what it is not."""
        other = Mark("probe, by another", "probe")
        self._objects.put(self._key, b"new", only_if(self._seen()), self._mark)
        self._require_refused(lambda: self._objects.put(self._key, b"x", only_if(None), other))
        self._require_refused(lambda: self._objects.put(self._key, b"x", only_if(_ANOTHER), other))
        if self._seen().content != b"new":
            raise CorruptFileError(f"{self._where}: holds other bytes than were written")

    def upload(self) -> None:
        """Send a part, then complete on a condition that does not hold."""
        client, key = self._objects.client, self._key
        new = self._objects.new_object(self._key, self._mark)
        begun = client.call("beginning the upload of", "create_multipart_upload", key, **new)
        upload_id, content = begun["UploadId"], b"part"
        try:
            sent = client.call(
                *("sending a part of", "upload_part", key),
                UploadId=upload_id,
                PartNumber=1,
                Body=content,
                ContentMD5=content_md5(content),
            )
            parts = {"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]}
            self._require_refused(
                lambda: client.call(
                    *("publishing", "complete_multipart_upload", key),
                    UploadId=upload_id,
                    MultipartUpload=parts,
                    **only_if(None),
                )
            )
        finally:
            self._objects.abort(key, upload_id)

    def list_uploads(self) -> None:
        self._objects.list_uploads(self._key)

    def delete(self) -> None:
        self._is_left = False
        self._objects.delete(self._key)

    def tidy(self) -> None:
        """Delete what is left because a trial failed before the deleting one."""
        if self._is_left:
            with harmless("deleting", self._objects.client.bucket):
                self._objects.delete(self._key)

    @property
    def _where(self) -> str:
        return self._objects.client.where(self._key)

    def _seen(self) -> Seen:
        seen = self._objects.get(self._key)
        if seen is None:
            raise DestinationError(f"{self._where}: was written, but is not there; use a server that shows it at once")
        return seen

    def _require_refused(self, put: Callable[[], object]) -> None:
        try:
            put()
        except OvertakenError:
            return
        raise DestinationError(f"{self._where}: was replaced on a condition that did not hold; {_GUARD}")
