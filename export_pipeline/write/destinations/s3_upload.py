"""A local file's way into a bucket, while it grows: full parts are sent in the background, several at a time.

Memory holds the parts that are being sent, never the file. Nothing is seen under the key before `publish`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from export_pipeline.errors import DestinationError, ExportError, OvertakenError
from export_pipeline.write.destinations.s3_client import Response
from export_pipeline.write.destinations.s3_objects import Condition, Mark, S3Objects, content_md5
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.s3_errors import UploadGoneError

if TYPE_CHECKING:
    from concurrent.futures import Future

_MOST_PARTS: Final = 10_000
"""S3's own bound."""

OnUpload = Callable[[str | None], None]
"""Is told that an upload is about to be begun (None), then its id. Raises: ExportError; the upload is aborted then."""


class S3Upload:
    """One file on its way to `key`. A file of less than a part is put in one request."""

    def __init__(self, objects: S3Objects, key: str, path: Path, mark: Mark, on_upload: OnUpload) -> None:
        self._objects = objects
        self._client = objects.client
        self._key = key
        self._path = path
        self._mark = mark
        self._on_upload = on_upload
        self._bytes = 0
        self._slots = asyncio.Semaphore(self._client.options.concurrent_parts)
        self._begun: Future[str] | None = None
        self._parts: list[Future[Response]] = []
        self._failed: Future[Response] | None = None

    def grow(self, size: int) -> None:
        """Send the full parts among the file's first `size` bytes, which are on disk. Raises: what a part did."""
        part_bytes = self._client.options.part_bytes
        while self._bytes + part_bytes <= size:
            self._send(part_bytes)
        if self._failed:
            self._failed.result()

    def finish(self, size: int) -> None:
        """Send the rest of the file, of `size` bytes, and wait for all parts. Raises: what a part did."""
        self.grow(size)
        if self._begun and self._bytes < size:
            self._send(size - self._bytes)
        for part in self._parts:
            part.result()
        self._bytes = size

    def publish(self, condition: Condition) -> None:
        """Make the finished file the object at `key`. Raises: OvertakenError where `condition` does not hold."""
        if self._begun is None:
            with os_errors("reading", self._path):
                content = self._path.read_bytes()
            self._objects.put(self._key, content, condition, self._mark)
            return
        parts = {"Parts": [{"PartNumber": n, "ETag": part.result()["ETag"]} for n, part in enumerate(self._parts, 1)]}
        try:
            self._client.call(
                *("publishing", "complete_multipart_upload", self._key),
                UploadId=self._begun.result(),
                MultipartUpload=parts,
                **condition,
            )
        except (OvertakenError, UploadGoneError):
            if not self._objects.is_of(self._key, self._mark):  # else our first try got there, its answer was lost
                raise
        self._begun = None

    def abort(self) -> None:
        """Let nothing of the file remain in the bucket, unless it was published. Raises: what `s3_errors` says."""
        for part in self._parts:
            part.cancel()
        if self._begun is None:
            return
        self._client.wait(self._quiet())  # a part that arrives after the abort would stay there
        try:
            upload_id = self._begun.result()
        except ExportError:  # it could not be begun
            return
        self._objects.abort(self._key, upload_id)
        self._begun = None

    def _send(self, size: int) -> None:
        """Begin to send the next `size` bytes as a part."""
        if self._begun is None:
            self._on_upload(None)
            self._begun = self._client.start(self._begin())
        number, start = len(self._parts) + 1, self._bytes
        if number > _MOST_PARTS:
            raise DestinationError(
                f"{self._client.where(self._key)}: is longer than {_MOST_PARTS} parts of "
                f"{self._client.options.part_bytes} bytes; raise EXPORT_S3_PART_BYTES"
            )
        self._bytes += size
        part = self._client.start(self._send_part(self._begun, number, start, size))
        part.add_done_callback(self._note_failure)
        self._parts.append(part)

    async def _begin(self) -> str:
        arguments = self._objects.new_object(self._key, self._mark)
        response = await self._client.request(
            "beginning the upload of", "create_multipart_upload", self._key, **arguments
        )
        upload_id: str = response["UploadId"]
        try:
            await asyncio.to_thread(self._on_upload, upload_id)
        except ExportError:
            with suppress(ExportError):
                await self._client.request(
                    *("aborting the upload of", "abort_multipart_upload", self._key), UploadId=upload_id
                )
            raise
        return upload_id

    async def _send_part(self, begun: "Future[str]", number: int, start: int, size: int) -> Response:
        async with self._slots:
            upload_id = await asyncio.shield(asyncio.wrap_future(begun))
            content = await asyncio.to_thread(_read, self._path, start, size)
            return await self._client.request(
                *(f"sending part {number} of", "upload_part", self._key),
                UploadId=upload_id,
                PartNumber=number,
                Body=content,
                ContentMD5=content_md5(content),
            )

    async def _quiet(self) -> None:
        """Wait until no part is being sent any more: each that is holds a slot."""
        slots = range(self._client.options.concurrent_parts)
        for _ in slots:
            await self._slots.acquire()
        for _ in slots:
            self._slots.release()

    def _note_failure(self, part: "Future[Response]") -> None:
        if not part.cancelled() and part.exception():
            self._failed = part


def _read(path: Path, start: int, size: int) -> bytes:
    with os_errors("reading", path), path.open("rb") as file:
        file.seek(start)
        return file.read(size)
