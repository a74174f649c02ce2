"""Splits a stream of batches into files of so many rows or bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from export_pipeline.write.formats.format import BatchWriter
from export_pipeline.write.hashing_sink import HashingSink

_PIECE_ROWS: Final = 4_096
"""After so many rows the size of a file is looked at."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a file is full; None for no limit."""

    rows: int | None = None
    bytes: int | None = None


class PartsWriter:
    """Writes into what `begin` opens, and into another one once it is full; `ended` hears how many rows each got.

    A file has at most `limits.rows` rows. It ends with the piece of rows that takes it to `limits.bytes`, as far as the
    format has written them by then: Parquet writes a group of rows at a time.
    """

    def __init__(
        self, begin: Callable[[], tuple[BatchWriter, HashingSink]], ended: Callable[[int], None], limits: Limits
    ) -> None:
        self._begin = begin
        self._ended = ended
        self._limits = limits
        self._writer, self._sink = begin()
        self._rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`, into several files where it must be."""
        done = 0
        while done < batch.num_rows:
            if self._is_full():
                self.close()
                (self._writer, self._sink), self._rows = self._begin(), 0
            piece = batch.slice(done, self._room())
            self._writer.write(piece)
            self._rows += piece.num_rows
            done += piece.num_rows

    def close(self) -> None:
        """End the last file."""
        self._writer.close()
        self._ended(self._rows)

    def _room(self) -> int | None:
        room = None if self._limits.rows is None else self._limits.rows - self._rows
        if self._limits.bytes is None:
            return room
        return _PIECE_ROWS if room is None else min(room, _PIECE_ROWS)

    def _is_full(self) -> bool:
        rows, size = self._limits.rows, self._limits.bytes
        return (rows is not None and self._rows >= rows) or (size is not None and self._sink.tell() >= size)
