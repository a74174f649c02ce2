"""The local files that an export writes while they go to a bucket: a slow bucket never holds the writer."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from export_pipeline.errors import DestinationError
from export_pipeline.write.os_errors import os_errors

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER_BYTES = 1 << 20


class SpoolRoom:
    """The bytes that one export may still put on the local disk; its files share it."""

    def __init__(self, bytes_: int, folder: Path) -> None:
        self._bytes = self._left = bytes_
        self._folder = folder

    def take(self, size: int) -> None:
        """Use `size` bytes. Raises: DestinationError when there is no room for them."""
        self._left -= size
        if self._left < 0:
            raise DestinationError(
                f"{self._folder}: the files of this export are longer than the {self._bytes} bytes that they may use "
                "here on their way to the bucket; raise EXPORT_S3_SPOOL_BYTES, or export smaller partitions"
            )


class SpoolFile(io.RawIOBase, BinaryIO):
    """A new local file; `on_growth` is told each time another `step_bytes` of it are on disk."""

    def __init__(self, path: Path, room: SpoolRoom, step_bytes: int, on_growth: Callable[[int], None]) -> None:
        super().__init__()
        self.path = path
        self.size = 0
        self._room = room
        self._step_bytes = step_bytes
        self._on_growth = on_growth
        self._raw = path.open("xb", buffering=_BUFFER_BYTES)

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of `data`. Raises: OSError, and what `on_growth` does."""
        view = memoryview(data)
        self._room.take(view.nbytes)
        self._raw.write(view)
        steps = self.size // self._step_bytes
        self.size += view.nbytes
        if self.size // self._step_bytes > steps:
            self._raw.flush()
            self._on_growth(self.size)
        return view.nbytes

    def close(self) -> None:
        """Write what is buffered."""
        self._raw.close()
        super().close()


def make_private(folder: Path) -> None:
    """Make `folder`, and its parents, for this account alone. Raises: DestinationError when it is another's."""
    with os_errors("making", folder):
        for place in (folder.parent, folder):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if place.stat().st_uid not in {os.geteuid(), 0}:
                raise DestinationError(f"{place}: belongs to another account; choose another EXPORT_S3_SPOOL_FOLDER")
