"""Writes the rows that validation set aside, as JSON lines with their reasons, beside the export's data."""

from collections.abc import Callable

import pyarrow as pa

from export_pipeline.schemas.quarantine import quarantine_schema
from export_pipeline.write.formats.format import BatchWriter, WrittenFile
from export_pipeline.write.formats.json_lines import JSON_LINES
from export_pipeline.write.hashing_sink import HashingSink


class RejectedRows:
    """Opens its file, by `open_sink`, with the first rejected row only."""

    def __init__(self, open_sink: Callable[[], HashingSink], source_schema: pa.Schema) -> None:
        self._open_sink = open_sink
        self._schema = quarantine_schema(source_schema)
        self._sink: HashingSink | None = None
        self._writer: BatchWriter | None = None
        self._rows = 0

    def write(self, rejected: pa.RecordBatch) -> None:
        """Add rows in the source's schema with their reasons behind."""
        if self._writer is None:
            self._sink = self._open_sink()
            self._writer = JSON_LINES.open(self._sink, self._schema)
        self._writer.write(rejected)
        self._rows += rejected.num_rows

    def finish(self) -> WrittenFile | None:
        """End the file; None when no row was rejected."""
        if self._writer is None or self._sink is None:
            return None
        self._writer.close()
        return self._sink.written(self._rows)
