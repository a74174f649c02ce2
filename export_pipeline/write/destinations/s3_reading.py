"""Reading an object as a file: the same object to the end, or an error; broken connections are taken up again.

s3fs asks for ranges, each on the condition that the object is still the one that was opened, and again when an answer
breaks off.
"""

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from export_pipeline.write.destinations.s3_client import S3Client
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.s3_errors import s3_errors

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BLOCK_BYTES: Final = 8 << 20


class S3Reader(io.RawIOBase):
    """An object's bytes, with our errors. Raises: OvertakenError when it is replaced while it is read."""

    def __init__(self, client: S3Client, key: str) -> None:
        super().__init__()
        self._where = client.where(key)
        with s3_errors("opening", self._where):
            self._file = client.open(key, _BLOCK_BYTES)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the object."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._file.tell()

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read into `buffer`; return how many bytes, 0 at the end."""
        view = memoryview(buffer).cast("B")
        with s3_errors("reading", self._where):
            found = self._file.read(len(view))
        view[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Let go of the object."""
        self._file.close()
        super().close()


def open_object(client: S3Client, key: str) -> BinaryIO:
    """Open an object for reading. Raises: what `s3_errors` says."""
    return io.BufferedReader(S3Reader(client, key))


@contextmanager
def copied(client: S3Client, key: str, path: Path) -> Iterator[Path]:
    """Give a copy of an object, the new file `path`, while the block runs.

    Raises: what `s3_errors` and `os_errors` say.
    """
    try:
        with open_object(client, key) as source, os_errors("writing", path), path.open("xb") as copy:
            shutil.copyfileobj(source, copy, _BLOCK_BYTES)
        yield path
    finally:
        path.unlink(missing_ok=True)
