"""gzip and zstd over a whole file: how they are written, and read again with every fault found.

* gzip: levels 1 to 3 are ISA-L's, 5 times faster than zlib's own and never larger; 4 to 9 are zlib's. The header holds
  neither a time nor a name, so the same rows give the same bytes.
* zstd: one frame with a checksum of the content.

All of them let other threads run while they work.
"""

import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, cast

import pyarrow as pa
import zstandard
from isal import igzip, isal_zlib

from export_pipeline.errors import CorruptFileError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP_HEADER: Final = 16 + zlib.MAX_WBITS
_FASTEST_LEVELS: Final = range(1, 4)
_BUFFER_BYTES: Final = 1 << 20
_DAMAGE: Final[Any] = (OSError, EOFError, zlib.error, isal_zlib.error)  # the last one is mistyped in its stub


class Compressor(Protocol):
    """Turns content into compressed bytes, some of which it keeps until they are asked for."""

    def compress(self, data: memoryview, /) -> bytes:
        """Take content; return what is ready."""

    def flush(self, mode: int = ..., /) -> bytes:
        """Return all that was kept: to the end of a block in that mode, else to the end of the file."""


class _Source(Protocol):
    """Gives content piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One compression of whole files. `block_end` is the mode of `Compressor.flush` after which all can be read."""

    extension: str
    media_type: str
    compressor: Callable[[int], Compressor]
    block_end: int
    source: Callable[[BinaryIO], _Source]

    @contextmanager
    def opened(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file for reading its content. Raises, then or later: CorruptFileError where it is damaged or cut."""
        with path.open("rb") as raw:
            if not raw.peek(1):
                raise CorruptFileError(f"{path}: is empty; export it again")
            yield io.BufferedReader(_Content(self.source(raw), path), _BUFFER_BYTES)


class _Content(io.RawIOBase):
    """The content of a compressed file; the storage's own errors, which have a number, pass as they are."""

    def __init__(self, source: _Source, path: Path) -> None:
        super().__init__()
        self._source = source
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        room = memoryview(buffer)
        try:
            data = self._source.read(len(room))
        except _DAMAGE as exc:
            if isinstance(exc, OSError) and exc.errno is not None:
                raise
            raise CorruptFileError(f"{self._path}: cannot be decompressed ({exc}); export it again") from exc
        room[: len(data)] = data
        return len(data)


def _gzip(level: int) -> Compressor:
    if level in _FASTEST_LEVELS:
        return cast("Compressor", isal_zlib.compressobj(level, zlib.DEFLATED, _GZIP_HEADER))
    return zlib.compressobj(level, zlib.DEFLATED, _GZIP_HEADER)


def _zstd(level: int) -> Compressor:
    return cast("Compressor", zstandard.ZstdCompressor(level=level, write_checksum=True).compressobj())


def _gunzip(raw: BinaryIO) -> _Source:
    return cast("_Source", igzip.IGzipFile(fileobj=raw))  # type: ignore[no-untyped-call]


def _unzstd(raw: BinaryIO) -> _Source:
    """Read by Arrow: zstandard's own reader takes a frame that is cut for a whole one."""
    return cast("_Source", pa.CompressedInputStream(raw, "zstd"))


CODECS: Final[Mapping[str, Codec]] = {
    "gzip": Codec(".gz", "application/gzip", _gzip, zlib.Z_SYNC_FLUSH, _gunzip),
    "zstd": Codec(".zst", "application/zstd", _zstd, zstandard.COMPRESSOBJ_FLUSH_BLOCK, _unzstd),
}
"""The compressions of whole files, by name."""
