"""Whole objects of a bucket: look, read, put, delete, list.

All that one export puts carries the random name of its publication in the metadata. So nobody has to guess whose an
object is, not even when the connection broke before the server's answer came.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from export_pipeline.errors import OvertakenError
from export_pipeline.write.destinations.s3_client import Response, S3Client
from export_pipeline.write.media_types import media_type_of
from export_pipeline.write.s3_errors import AbsentError, UploadGoneError

_PUBLICATION: Final = "export-publication"
_RUN: Final = "export-run-id"
_AT_ONCE: Final = 16

Condition = Mapping[str, str]
"""The arguments of a request that is refused unless what is in place is what was seen."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose an object is: a publication's random name, and the run it belongs to."""

    publication: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it was seen; `publication` is None where another program put it there."""

    etag: str
    publication: str | None
    size: int
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a listing; `upload_id` is set for an upload that is not finished. `age` is by the server's clock.

    `size` is in bytes, 0 for an upload.
    """

    key: str
    begun_at: datetime
    age: timedelta
    upload_id: str | None = None
    size: int = 0


def only_if(seen: Seen | None) -> Condition:
    """Return the condition that the object is still `seen`; None: that there is still none."""
    return {"IfMatch": seen.etag} if seen else {"IfNoneMatch": "*"}


def content_md5(content: bytes) -> str:
    """Return the header by which the server verifies `content`."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


class S3Objects:
    """The objects of one bucket. Every method raises what `s3_errors` says."""

    def __init__(self, client: S3Client) -> None:
        self.client = client

    def head(self, key: str) -> Seen | None:
        """Look at an object; None where there is none."""
        try:
            return _seen(self.client.call("looking at", "head_object", key), b"")
        except AbsentError:
            return None

    def get(self, key: str) -> Seen | None:
        """Read a small object; None where there is none."""
        return self.client.wait(self._get(key))

    def get_all(self, keys: Sequence[str]) -> list[Seen | None]:
        """Read many small objects, several at a time."""
        return self.client.wait(self._get_all(keys))

    def put(self, key: str, content: bytes, condition: Condition, mark: Mark) -> None:
        """Put a small object. Raises: OvertakenError where `condition` does not hold."""
        checked: dict[str, object] = {"Body": content, "ContentMD5": content_md5(content), **condition}
        try:
            self.client.call("writing", "put_object", key, **checked, **self.new_object(key, mark))
        except OvertakenError:
            if not self.is_of(key, mark):  # else our first try got there, and its answer was lost
                raise

    def is_of(self, key: str, mark: Mark) -> bool:
        """Whether the object in place is of that publication."""
        found = self.head(key)
        return found is not None and found.publication == mark.publication

    def delete(self, key: str, seen: Seen | None = None) -> None:
        """Delete an object; only if it is still `seen` where that is given, and the server knows this condition."""
        self.client.call("deleting", "delete_object", key, **({"IfMatch": seen.etag} if seen else {}))

    def delete_all(self, keys: Sequence[str]) -> None:
        """Delete many objects, several at a time."""
        self.client.wait(self._delete_all(keys))

    def list_objects(self, prefix: str) -> list[Entry]:
        """Return the objects below `prefix`."""
        pages = self.client.wait(self.client.list_pages("list_objects_v2", prefix))
        return _entries(pages, "Contents", "LastModified")

    def list_uploads(self, prefix: str) -> list[Entry]:
        """Return the unfinished uploads below `prefix`."""
        pages = self.client.wait(self.client.list_pages("list_multipart_uploads", prefix))
        return _entries(pages, "Uploads", "Initiated")

    def abort(self, key: str, upload_id: str) -> None:
        """Abort an upload, if it is still there."""
        try:
            self.client.call("aborting the upload of", "abort_multipart_upload", key, UploadId=upload_id)
        except UploadGoneError:
            return

    def new_object(self, key: str, mark: Mark) -> dict[str, object]:
        """Return what goes with every new object: what it is, whose it is, and how the server encrypts it."""
        options = self.client.options
        arguments: dict[str, object] = {
            "ContentType": media_type_of(key),
            "Metadata": {_PUBLICATION: mark.publication, _RUN: mark.run_id},
        }
        if options.sse:
            arguments["ServerSideEncryption"] = options.sse
        if options.sse_kms_key_id:
            arguments["SSEKMSKeyId"] = options.sse_kms_key_id
        return arguments

    async def _get(self, key: str) -> Seen | None:
        try:
            response = await self.client.request("reading", "get_object", key)
        except AbsentError:
            return None
        return _seen(response, await self.client.body(key, response))

    async def _get_all(self, keys: Sequence[str]) -> list[Seen | None]:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def get(key: str) -> Seen | None:
            async with slots:
                return await self._get(key)

        return list(await asyncio.gather(*(get(key) for key in keys)))

    async def _delete_all(self, keys: Sequence[str]) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def delete(key: str) -> None:
            async with slots:
                await self.client.request("deleting", "delete_object", key)

        await asyncio.gather(*(delete(key) for key in keys))


def _seen(response: Response, content: bytes) -> Seen:
    return Seen(response["ETag"], response["Metadata"].get(_PUBLICATION), response["ContentLength"], content)


def _entries(pages: Sequence[Response], kind: str, begun: str) -> list[Entry]:
    """Return the entries of a listing's pages; each page says what time it was there."""
    found = []
    for page in pages:
        now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
        found += [
            Entry(one["Key"], one[begun], now - one[begun], one.get("UploadId"), one.get("Size", 0))
            for one in page.get(kind, ())
        ]
    return found
