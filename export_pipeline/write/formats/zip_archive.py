"""Several files in one ZIP archive, written one after the other as a stream: memory holds none of them.

Sizes have 64 bits and stand behind each member. The dates are given, so the same members give the same bytes.
"""

import errno
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, cast
from zipfile import BadZipFile, ZipFile

from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.write.formats.zip_stream import Date, StreamedZip, ZipOutput, zip_member
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.os_errors import os_errors

EXTENSION: Final = ".zip"
MEDIA_TYPE: Final = "application/zip"
USUAL_LEVEL: Final = 3
"""Of 1 to 9: half the time of level 6 for a sixth more bytes."""

_FIRST_DATE: Final = datetime(1980, 1, 1, tzinfo=UTC)
_MOST_NAME_BYTES: Final = 1_000
_CHUNK_BYTES: Final = 1 << 20
_DAMAGE: Final = (BadZipFile, EOFError, RuntimeError, ValueError, OverflowError, struct.error, zlib.error)


class ZipWriter:
    """Writes members into `sink`, dated `moment` in UTC; the sink stays open. Without `close` there is no archive."""

    def __init__(self, sink: BinaryIO, moment: datetime, level: int = USUAL_LEVEL) -> None:
        self._output = ZipOutput(sink)
        self._archive = StreamedZip(self._output, "w")
        at = max(moment.astimezone(UTC), _FIRST_DATE)
        self._date: Date = (at.year, at.month, at.day, at.hour, at.minute, at.second)
        self._level = level
        self._names: set[str] = set()
        self._is_whole = True

    @contextmanager
    def member(self, name: str, *, stored: bool = False) -> Iterator[HashingSink]:
        """Give the sink of the next member; `stored` is for content that is compressed already.

        Raises: ConfigError for a name that leads out of the folder, or is there already; what the sink below raises.
        An archive whose member failed cannot be finished.
        """
        self._require_fit(name)
        info = zip_member(name, self._date, None if stored else self._level)
        self._is_whole = False
        with self._output.passing():
            content = self._archive.open(info, "w", force_zip64=True)
            yield HashingSink(cast("BinaryIO", content), Path(name))
            content.close()
        self._names.add(name)
        self._is_whole = True

    def close(self) -> None:
        """Write the list of the members."""
        if not self._is_whole:
            raise RuntimeError("a member of the archive was not finished; write the archive again")
        with self._output.passing():
            self._archive.close()

    def _require_fit(self, name: str) -> None:
        path = PurePosixPath(name)
        is_inside = str(path) == name and path.parts and not path.is_absolute() and ".." not in path.parts
        if not is_inside or "\\" in name or not name.isprintable() or len(name.encode()) > _MOST_NAME_BYTES:
            raise ConfigError(f"{name!r} cannot be the name of a file in a zip archive; give a plain one")
        if name in self._names:
            raise ConfigError(f"the zip archive has a file {name} already; give another name")


def check_zip(path: Path, sizes: Mapping[str, int]) -> None:
    """Re-read an archive to its end, every member included; `sizes` are the members' bytes by name, in order.

    Raises: CorruptFileError unless it has these members, each of its checksum.
    """
    try:
        with os_errors("reading", path), path.open("rb") as file:
            found = _read_members(file)
    except CorruptFileError as exc:
        raise CorruptFileError(f"{path}: is no whole zip archive ({exc}); export it again") from exc.__cause__
    if found != list(sizes.items()):
        raise CorruptFileError(f"{path}: has other members than were written; export it again")


def _read_members(file: BinaryIO) -> list[tuple[str, int]]:
    """Return names and sizes. Raises: CorruptFileError with the bare fault."""
    try:
        with ZipFile(file) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    while member.read(_CHUNK_BYTES):
                        pass
            return [(info.filename, info.file_size) for info in archive.infolist()]
    except _DAMAGE as exc:
        raise CorruptFileError(str(exc)) from exc
    except OSError as exc:
        if exc.errno in {None, errno.EINVAL}:  # of a decompressor; a list of members that points before the file
            raise CorruptFileError(str(exc)) from exc
        raise
