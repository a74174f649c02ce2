"""A workbook of several sheets, written one after the other in constant memory, straight into a sink.

Datasets come first, because programs that read one sheet read the first one; the summary, if any, is the last.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from export_pipeline.write.formats.format import BatchWriter
from export_pipeline.write.formats.xlsx_book import Book
from export_pipeline.write.formats.xlsx_options import SheetOptions, WrittenSheet
from export_pipeline.write.formats.xlsx_sheets import SheetWriter
from export_pipeline.write.formats.xlsx_summary import Value, write_summary


class WorkbookWriter:
    """Writes a workbook; without `close` there is none, and nothing more reaches the sink, which stays open."""

    def __init__(self, sink: BinaryIO, options: SheetOptions) -> None:
        self._book = Book(sink)
        self._options = options
        self._writers: list[SheetWriter] = []

    def sheet(self, name: str, schema: pa.Schema) -> BatchWriter:
        """Return the writer of a dataset's sheet. It must be closed before the next one writes.

        Raises: ConfigError when a column has no form in Excel.
        """
        writer = SheetWriter(self._book, name, schema, self._options)
        self._writers.append(writer)
        return writer

    def summary(self, rows: Iterable[Sequence[Value]]) -> None:
        """Write the sheet `summary`: a row of one value is a heading, an empty one a gap."""
        write_summary(self._book, rows)

    def close(self) -> None:
        """End the file."""
        self._book.finish()

    @property
    def written(self) -> Sequence[WrittenSheet]:
        """The finished sheets of rows, as they are called in the file."""
        return [sheet for writer in self._writers for sheet in writer.written]

    @property
    def cut_cells(self) -> Mapping[str, int]:
        """How many texts were cut so far, by sheet and column (`logs.message`)."""
        return {f"{each.name}.{column}": cells for each in self._writers for column, cells in each.cut_cells.items()}
