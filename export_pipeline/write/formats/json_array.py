"""JSON: one array of objects, written as a stream; `[]` when there is no row."""

from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.formats.content_check import ContentCheck
from export_pipeline.write.formats.format import Format, Readers
from export_pipeline.write.formats.json_lines import check_keys, count_lines
from export_pipeline.write.formats.json_rows import RowEncoder

_OPENING: Final = b"[\n"
_CLOSING: Final = b"\n]\n"
_EMPTY: Final = b"[]\n"


class JsonBatchWriter:
    """Writes each batch as elements of the array."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._encoder = RowEncoder(schema, "json", before=",\n{", after="}")
        self._sink = sink
        self._is_empty = True

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`."""
        rows = self._encoder.encode(batch)
        if not rows.nbytes:
            return
        if self._is_empty:
            self._sink.write(_OPENING)
            rows = rows[len(",\n") :]
        self._is_empty = False
        self._sink.write(rows)

    def close(self) -> None:
        """Write the closing bracket."""
        self._sink.write(_EMPTY if self._is_empty else _CLOSING)


def examine(content: BinaryIO, path: Path, rows: int, schema: pa.Schema) -> None:
    """Raise CorruptFileError unless `content` is an array of `rows` rows of `schema`."""
    opening, first = content.readline(), content.readline()
    # The closing bracket is a line of its own, so as many lines follow the first row as there are rows.
    following = count_lines(content)
    if (opening, following) != ((_OPENING, rows) if rows else (_EMPTY, 0)):
        raise CorruptFileError(f"{path}: is not an array of the {rows} rows that were written; export it again")
    if rows:
        check_keys(path, first.rstrip(b",\n"), schema)


JSON: Final = Format(
    name="json",
    extension=".json",
    media_type="application/json",
    compression="none",
    nested=True,
    open=JsonBatchWriter,
    check=ContentCheck(examine),
    readers=Readers("read_json({})", "read_json({})", "read_json({})"),
)
