"""What a published file holds, read anew: its bytes and digest, and for Parquet its footer.

It does not judge. A file that cannot be read for good is told from storage that does not answer now by its error.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.formats.json_lines import count_lines
from export_pipeline.write.formats.parquet import Footer, read_footer
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.paths import Target

_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """A file's size in bytes and its sha256."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One target's file. Every method raises DestinationUnavailableError (a retry may help) or DestinationError."""

    destination: Destination
    target: Target

    def content(self) -> Content:
        """Return the data's size and digest."""
        return self._content(self.target.data)

    def quarantine_content(self) -> Content | None:
        """Return the quarantine's size and digest; None where the target has none."""
        return self._content(self.target.quarantine) if self.target.quarantine else None

    def footer(self) -> Footer:
        """Return the Parquet file's rows and schema. Raises: CorruptFileError."""
        with self._open(self.target.data) as file:
            return read_footer(file, str(self.target.data))

    def quarantined_rows(self) -> int:
        """Return how many rows lie in quarantine; 0 where the target has none."""
        if self.target.quarantine is None:
            return 0
        with self._open(self.target.quarantine) as file:
            return count_lines(file)

    def _content(self, path: PurePosixPath) -> Content:
        with self._open(path) as file:
            digest = hashlib.sha256()
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
            return Content(file.tell(), digest.hexdigest())

    @contextmanager
    def _open(self, path: PurePosixPath) -> Iterator[BinaryIO]:
        with self.destination.open_published(replace(self.target, data=path)) as file, os_errors("reading", Path(path)):
            yield file
