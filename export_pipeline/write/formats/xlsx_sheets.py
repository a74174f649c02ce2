"""A dataset's rows as a sheet, and as further ones where Excel has no room for all of them in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from export_pipeline.write.formats.format import check_batch
from export_pipeline.write.formats.xlsx_book import Book
from export_pipeline.write.formats.xlsx_cells import header_xml, rows_xml
from export_pipeline.write.formats.xlsx_options import SheetOptions, WrittenSheet
from export_pipeline.write.formats.xlsx_rows import CellEncoder
from export_pipeline.write.formats.xlsx_styles import HEADER, TEXT, Style, style_of, width_of
from export_pipeline.write.formats.xlsx_totals import Totals, totals_style
from export_pipeline.write.formats.xlsx_values import Values

_ENCODED_ROWS: Final = 8_192
"""Rows that are encoded at once: their XML takes some 8 MB."""


@dataclass(slots=True)
class _Sheet:
    """The sheet that is being written, and its rows of data so far."""

    styles: Mapping[Style, int]
    totals: Totals
    rows: int = 0


class SheetWriter:
    """Writes batches of `schema` as the sheets `name`, `name (2)` …, each with the header.

    A sheet begins with its first rows, by which its columns get their widths.
    """

    def __init__(self, book: Book, name: str, schema: pa.Schema, options: SheetOptions) -> None:
        self.name = name
        self.written: list[WrittenSheet] = []
        self._encoder = CellEncoder(schema, options.long_cells)
        self._book = book
        self._schema = schema
        self._column_styles = [style_of(field) for field in schema]
        self._has_totals = options.totals
        self._most_rows = options.sheet_rows - 1 - options.totals
        self._sheet: _Sheet | None = None

    @property
    def cut_cells(self) -> Mapping[str, int]:
        """How many texts were cut so far, by column."""
        return self._encoder.cut_cells

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`. Raises: TransformError, UnrepresentableValueError."""
        check_batch(batch, self._schema)
        start = 0
        while start < batch.num_rows:
            if self._sheet and self._sheet.rows == self._most_rows:
                self._end(self._sheet)
            room = self._most_rows - (self._sheet.rows if self._sheet else 0)
            piece = batch.slice(start, min(room, _ENCODED_ROWS))
            self._write_columns(self._encoder.encode(piece), piece.num_rows)
            start += piece.num_rows

    def close(self) -> None:
        """End the sheet; without a row it has the header alone."""
        if self._sheet or not self.written:
            self._end(self._sheet or self._begin([{}] * len(self._schema)))

    def _write_columns(self, columns: Sequence[Values], rows: int) -> None:
        sheet = self._sheet or self._begin(columns)
        content = self._content(sheet, columns)
        if sheet.rows and not self._book.has_room(content):
            self._end(sheet)
            sheet = self._begin(columns)
            content = self._content(sheet, columns)
        self._book.write(content)
        sheet.rows += rows
        if self._has_totals:
            sheet.totals.add(columns)

    def _content(self, sheet: _Sheet, columns: Sequence[Values]) -> memoryview:
        styles = [sheet.styles[style] for style in self._column_styles]
        return rows_xml(columns, styles, sheet.styles[TEXT], sheet.rows + 2)

    def _begin(self, columns: Sequence[Values]) -> _Sheet:
        widths = [width_of(field, values) for field, values in zip(self._schema, columns, strict=True)]
        styles = [*self._column_styles, *(totals_style(field) for field in self._schema if self._has_totals)]
        self._sheet = _Sheet(self._book.begin(self.name, widths, styles, is_table=True), Totals(self._schema))
        self._book.write(header_xml(self._schema.names, self._sheet.styles[HEADER]))
        return self._sheet

    def _end(self, sheet: _Sheet) -> None:
        has_totals = self._has_totals and sheet.rows > 0
        if has_totals:
            self._book.write(sheet.totals.row(sheet.rows + 2, sheet.styles))
        name = self._book.end(sheet.rows + 1)
        self.written.append(WrittenSheet(name, tuple(self._schema.names), sheet.rows, has_totals))
        self._sheet = None
