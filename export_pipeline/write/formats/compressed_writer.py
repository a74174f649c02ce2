"""A batch writer around another one: what that writes, compressed on its way to the sink."""

import io
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa

from export_pipeline.write.formats.codecs import Codec
from export_pipeline.write.formats.format import Opening

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BLOCK_BYTES: Final = 1 << 18
"""Of content between two ends of blocks: small batches share one, as each costs up to a few hundred bytes."""


class CompressedBatchWriter:
    """Compresses what the writer opened by `open_content` writes.

    Whoever reads along has the first batch as soon as it is written, and then is never more than a batch and
    256 KiB of content behind.
    """

    def __init__(self, open_content: Opening, codec: Codec, level: int, sink: BinaryIO, schema: pa.Schema) -> None:
        self._stream = _CompressingSink(sink, codec, level)
        self._content = open_content(self._stream, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`."""
        self._content.write(batch)
        self._stream.end_batch()

    def close(self) -> None:
        """End the content, and the compressed frame; the sink stays open."""
        self._content.close()
        self._stream.end_file()


class _CompressingSink(io.RawIOBase, BinaryIO):
    """Passes bytes on, compressed. Closing it writes nothing, so a writer that is given up leaves no half frame."""

    def __init__(self, sink: BinaryIO, codec: Codec, level: int) -> None:
        super().__init__()
        self._sink = sink
        self._compressor = codec.compressor(level)
        self._block_end = codec.block_end
        self._pending = 0
        self._is_first = True

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        view = memoryview(data)
        self._pass_on(self._compressor.compress(view))
        self._pending += view.nbytes
        return view.nbytes

    def end_batch(self) -> None:
        """End a block, unless little has come since the last one."""
        if self._pending >= _BLOCK_BYTES or (self._pending and self._is_first):
            self._pass_on(self._compressor.flush(self._block_end))
            self._pending, self._is_first = 0, False

    def end_file(self) -> None:
        """End the frame."""
        self._pass_on(self._compressor.flush())

    def _pass_on(self, data: bytes) -> None:
        if data:
            self._sink.write(data)
