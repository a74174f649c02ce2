"""Requests to one bucket: sent by s3fs on its own thread, signed and retried by botocore, with our errors.

s3fs marks its asynchronous methods by an underscore; that is the convention of fsspec, not a sign of privacy.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from export_pipeline.write.destinations.s3_options import S3Options
from export_pipeline.write.s3_errors import EXPIRED, code_of, s3_errors

if TYPE_CHECKING:
    from concurrent.futures import Future

Response = Mapping[str, Any]
"""What botocore makes of an answer; its service model knows the types."""

_T = TypeVar("_T")

_SENDINGS = 2
"""How often s3fs has botocore go through its own attempts: again for an answer that is cut or is not XML."""

_OTHER_REQUESTS = 16
"""Connections besides those of the parts: manifests are read this many at a time."""


@cache
def client_of(bucket: str, options: S3Options) -> "S3Client":
    """Return the process's client for `bucket`, made once: a session takes 0.2 s."""
    return S3Client(bucket, options)


class S3Client:
    """Sends requests about the objects of `bucket`; several threads may use it."""

    def __init__(self, bucket: str, options: S3Options) -> None:
        from s3fs import S3FileSystem  # noqa: PLC0415 - 0.5 s that only those who use a bucket pay

        self.bucket = bucket
        self.options = options
        self._fs = S3FileSystem(
            key=options.access_key_id,
            secret=options.secret_access_key,
            token=options.session_token,
            endpoint_url=options.endpoint_url,
            client_kwargs={"region_name": options.region} if options.region else {},
            config_kwargs=_config(options),
            skip_instance_cache=True,
            use_listings_cache=False,
            **({"profile": options.profile} if options.profile else {}),
        )
        self._fs.retries = _SENDINGS
        self._renewals = 0
        self._renewing = asyncio.Lock()

    def where(self, key: str) -> str:
        """Return an object's name for people and other programs."""
        return f"s3://{self.bucket}/{key}"

    def call(self, doing: str, operation: str, key: str, **arguments: object) -> Response:
        """Send one request about `key` and wait for its answer. Raises: what `s3_errors` says."""
        return self.wait(self.request(doing, operation, key, **arguments))

    def wait(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run `coroutine` where requests are sent; it is cancelled when this thread is interrupted."""
        future = self.start(coroutine)
        try:
            return future.result()
        finally:
            future.cancel()  # has no effect on one that is done

    def start(self, coroutine: Coroutine[Any, Any, _T]) -> "Future[_T]":
        """Begin to run `coroutine` where requests are sent."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._fs.loop)

    async def request(self, doing: str, operation: str, key: str, **arguments: object) -> Response:
        """Send one request about `key`. Raises: what `s3_errors` says."""
        with s3_errors(doing, self.where(key)):
            return await self._sent(operation, Key=key, **arguments)

    async def body(self, key: str, response: Response) -> bytes:
        """Return all of the content that `response` brings. Raises: what `s3_errors` says."""
        with s3_errors("reading", self.where(key)):
            async with response["Body"] as body:
                content: bytes = await body.read()
                return content

    async def list_pages(self, operation: str, prefix: str) -> list[Response]:
        """Return all pages of the listing `operation` below `prefix`. Raises: what `s3_errors` says."""
        with s3_errors("listing", self.where(prefix)):
            pages: list[Response] = []
            more: dict[str, object] = {}
            while True:
                page = await self._sent(operation, Prefix=prefix, **more)
                pages.append(page)
                if not page.get("IsTruncated"):
                    return pages
                more = _next(page)

    def open(self, key: str, block_bytes: int) -> BinaryIO:
        """Open an object for reading, `block_bytes` at a time; it stays the same object. Raises: OSError."""
        file: BinaryIO = self._fs.open(f"{self.bucket}/{key}", "rb", block_size=block_bytes, cache_type="readahead")
        return file

    def link(self, key: str, expires_s: int) -> str:
        """Return a URL that reads an object for `expires_s` seconds, signed here and now: nothing is sent."""
        with s3_errors("signing a link to", self.where(key)):
            return self.wait(self._signed(key, expires_s))

    async def _signed(self, key: str, expires_s: int) -> str:
        client = await self._fs.get_s3(self.bucket)
        object_ = {"Bucket": self.bucket, "Key": key}
        url: str = await client.generate_presigned_url("get_object", Params=object_, ExpiresIn=expires_s)
        return url

    async def _sent(self, operation: str, **arguments: object) -> Response:
        """Send; once more with fresh credentials when those in use have expired."""
        renewals = self._renewals
        try:
            return await self._send(operation, arguments)
        except OSError as exc:
            if code_of(exc) not in EXPIRED:
                raise
        await self._renew(renewals)
        return await self._send(operation, arguments)

    async def _send(self, operation: str, arguments: Mapping[str, object]) -> Response:
        response: Response = await self._fs._call_s3(operation, Bucket=self.bucket, **arguments)  # noqa: SLF001
        return response

    async def _renew(self, seen: int) -> None:
        """Read the credentials anew, unless another request did so meanwhile."""
        async with self._renewing:
            if self._renewals == seen:
                await self._fs.set_session(refresh=True)
                self._renewals += 1


def _config(options: S3Options) -> dict[str, object]:
    return {
        "connect_timeout": options.connect_timeout_s,
        "read_timeout": options.read_timeout_s,
        "max_pool_connections": options.concurrent_parts + _OTHER_REQUESTS,
        "retries": {"mode": "standard", "total_max_attempts": options.attempts},
        "signature_version": "s3v4",  # links would be signed in the old way, which newer regions and KMS refuse
        "s3": {"addressing_style": "path" if options.path_style else "auto"},
        # We send Content-MD5, which every server verifies; the newer checksums are refused by some.
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
    }


def _next(page: Response) -> dict[str, object]:
    """Return what asks for the page after `page`: objects and uploads are listed in different ways."""
    if "NextContinuationToken" in page:
        return {"ContinuationToken": page["NextContinuationToken"]}
    return {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page.get("NextUploadIdMarker", "")}
