r"""JSON lines: one object a line, each line ended by `\n`."""

import json
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.formats.content_check import ContentCheck
from export_pipeline.write.formats.format import Format, Readers
from export_pipeline.write.formats.json_objects import keys_of
from export_pipeline.write.formats.json_rows import RowEncoder

_CHUNK_BYTES: Final = 1 << 20


class JsonLinesBatchWriter:
    """Writes each batch as lines."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._encoder = RowEncoder(schema, "jsonl", before="{", after="}\n")
        self._sink = sink

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`."""
        self._sink.write(self._encoder.encode(batch))

    def close(self) -> None:
        """Nothing ends a file of JSON lines."""


def examine(content: BinaryIO, path: Path, rows: int, schema: pa.Schema) -> None:
    """Raise CorruptFileError unless `content` has `rows` lines, the first one of `schema`."""
    first = content.readline()
    found = count_lines(content) + bool(first)
    if found != rows:
        raise CorruptFileError(f"{path}: has {found} lines, {rows} were written; export it again")
    if rows:
        check_keys(path, first, schema)


def count_lines(file: BinaryIO) -> int:
    """Return how many line ends follow."""
    lines = 0
    while chunk := file.read(_CHUNK_BYTES):
        lines += chunk.count(b"\n")
    return lines


def check_keys(path: Path, row: bytes, schema: pa.Schema) -> None:
    """Raise CorruptFileError unless `row` is a JSON object with the columns of `schema`, in order."""
    try:
        # Digits stay text: a whole number of 5,000 digits is fine in JSON, and too long for Python's int.
        keys = list(json.loads(row, parse_int=str))
    except ValueError as exc:
        raise CorruptFileError(f"{path}: its first row is not JSON ({exc}); export it again") from exc
    if keys != keys_of(schema):
        raise CorruptFileError(f"{path}: its first row has other keys than the columns; export it again")


JSON_LINES: Final = Format(
    name="jsonl",
    extension=".jsonl",
    media_type="application/x-ndjson",
    compression="none",
    nested=True,
    open=JsonLinesBatchWriter,
    check=ContentCheck(examine),
    readers=Readers("read_json({}, lines=True)", "read_json({})", "read_ndjson({})"),
)
