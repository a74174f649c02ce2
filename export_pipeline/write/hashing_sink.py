"""The binary sink that every format writes into: it counts bytes and hashes them on their way.

What lies below (a file, standard output, later an upload) is opened and closed by its owner, never here.
"""

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from export_pipeline.write.formats.format import WrittenFile
from export_pipeline.write.os_errors import os_errors

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class HashingSink(io.RawIOBase, BinaryIO):
    """Passes bytes on to `raw`, counting and hashing them; `path` is what messages call it.

    Closing it only ends the counting: `raw` stays open for its owner.
    """

    def __init__(self, raw: BinaryIO, path: Path) -> None:
        super().__init__()
        self._raw = raw
        self._path = path
        self._digest = hashlib.sha256()  # releases the GIL for buffers above 2 kB
        self._bytes = 0
        self._is_discarded = False

    def writable(self) -> bool:
        """Return True: Arrow asks."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of `data`. Raises: DestinationError, DestinationUnavailableError."""
        view = memoryview(data)
        if self._is_discarded:
            return view.nbytes
        with os_errors("writing", self._path):
            self._raw.write(view)
        self._digest.update(view)
        self._bytes += view.nbytes
        return view.nbytes

    def discard(self) -> None:
        """Swallow what still comes: pyarrow's Parquet writer writes a footer even when it is thrown away."""
        self._is_discarded = True

    def tell(self) -> int:
        """Return the number of bytes written so far."""
        return self._bytes

    def written(self, rows: int) -> WrittenFile:
        """Return what went through, as the file of `rows` rows that the writer made of it."""
        return WrittenFile(rows=rows, bytes=self._bytes, sha256=self._digest.hexdigest())
