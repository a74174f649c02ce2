"""Checks of formats that are read once from start to end, so that their files may be compressed as a whole."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from export_pipeline.write.os_errors import os_errors

Opener = Callable[[Path], AbstractContextManager[BinaryIO]]
"""Opens a file for reading its content, in blocks and lines."""


def open_plain(path: Path) -> AbstractContextManager[BinaryIO]:
    """Open a file whose content is its bytes."""
    return path.open("rb")


@dataclass(frozen=True, slots=True)
class ContentCheck:
    """A format's `check`: `examine` reads the content that `opened` gives, with the path for messages."""

    examine: Callable[[BinaryIO, Path, int, pa.Schema], None]
    opened: Opener = open_plain

    def __call__(self, path: Path, rows: int, schema: pa.Schema) -> None:
        """Re-read the file. Raises: CorruptFileError unless it has these rows and this schema."""
        with os_errors("reading", path), self.opened(path) as content:
            self.examine(content, path, rows, schema)
