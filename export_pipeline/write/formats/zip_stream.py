"""The ZIP file of the standard library, written as a stream that can be given up at any moment."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Date = tuple[int, int, int, int, int, int]
"""Year, month, day, hour, minute, second: 1980 or later."""

_READABLE: Final = 0o100644 << 16
"""A file that everybody may read, once it is unpacked."""


class ZipOutput(io.RawIOBase):
    """Passes on what is written while `passing`: what the archive writes when it is thrown away goes nowhere."""

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__()
        self._sink = sink
        self._bytes = 0
        self._is_passing = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Let bytes reach the sink while the block runs."""
        self._is_passing = True
        try:
            yield
        finally:
            self._is_passing = False

    def writable(self) -> bool:
        """Return True: the archive asks."""
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of `data`, or swallow it."""
        size = memoryview(data).nbytes
        if self._is_passing:
            self._sink.write(data)
            self._bytes += size
        return size

    def tell(self) -> int:
        """Return the number of bytes passed on so far."""
        return self._bytes


class StreamedZip(ZipFile):
    """A ZIP file that is finished by `close` alone: thrown away, it does not complain of the part under way."""

    def __del__(self) -> None:
        """Finish nothing."""


def zip_member(name: str, date: Date, level: int | None) -> ZipInfo:
    """Return the head of a member that is deflated at `level`, 1 to 9, or stored as it is (None)."""
    info = ZipInfo(name, date)
    info.compress_type = ZIP_STORED if level is None else ZIP_DEFLATED
    info._compresslevel = level  # type: ignore[attr-defined] # noqa: SLF001 - ZipFile.open minds no other level for it
    info.external_attr = _READABLE
    return info
