"""The standard output: the rows go out batch by batch; what went wrong, only the exit code can say."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa

from export_pipeline.errors import ConfigError, DestinationUnavailableError, ReaderGoneError
from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished
from export_pipeline.on_demand.packing import Packing
from export_pipeline.write.formats.format import BatchWriter
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.os_errors import os_errors

_PLACE: Final = Path("standard output")
"""What messages call it."""


class StreamOutlet:
    """Writes the one item to `stream`."""

    def __init__(self, stream: BinaryIO, packing: Packing) -> None:
        self._stream = stream
        self._packing = packing
        self._sink = HashingSink(stream, _PLACE)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Nothing is staged."""
        yield

    def intake(self, item: Item) -> "StreamOutlet":  # noqa: ARG002 - there is one
        """Return what takes the rows."""
        return self

    def open(self, schema: pa.Schema) -> BatchWriter:
        """Return a writer whose every batch is sent at once."""
        return _Flushing(self._packing.fmt.open(self._sink, schema), self._stream)

    def open_quarantine(self) -> HashingSink:
        """Raise ConfigError: there is no place for rejected rows."""
        raise ConfigError(
            "the standard output has no place beside it for quarantined rows; set on_invalid to keep or fail"
        )

    def publish(self, finished: Sequence[Finished]) -> Sequence[DeliveredFile]:
        """Return what has gone out."""
        (one,) = finished
        written, fmt = self._sink.written(one.rows), self._packing.fmt
        return [
            DeliveredFile(
                "-", one.item.plan.dataset.name, written.rows, written.bytes, written.sha256, fmt.media_type, "-"
            )
        ]


class _Flushing:
    def __init__(self, writer: BatchWriter, stream: BinaryIO) -> None:
        self._writer = writer
        self._stream = stream

    def write(self, batch: pa.RecordBatch) -> None:
        with _to_reader():
            self._writer.write(batch)
            self._stream.flush()

    def close(self) -> None:
        with _to_reader():
            self._writer.close()
            self._stream.flush()


@contextmanager
def _to_reader() -> Iterator[None]:
    """Tell a reader that has closed its end from a place that cannot be written."""
    try:
        with os_errors("writing", _PLACE):
            yield
    except DestinationUnavailableError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            raise ReaderGoneError("whoever read the standard output wants no more rows") from error
        raise
