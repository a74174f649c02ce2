"""The sheet that says what a workbook holds: labels and values, and small tables."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import pyarrow as pa

from export_pipeline.write.formats.xlsx_book import Book
from export_pipeline.write.formats.xlsx_cells import cell, row_xml
from export_pipeline.write.formats.xlsx_styles import HEADER, PLAIN, TEXT, style_of
from export_pipeline.write.formats.xlsx_text import cut, escape
from export_pipeline.write.formats.xlsx_values import Form, cell_values

Value = str | int | float | bool | Decimal | date | datetime | None
"""What a cell of the summary may be; a time without a zone shows no Z."""

SUMMARY: Final = "summary"
_WIDTH: Final = 28


def write_summary(book: Book, rows: Iterable[Sequence[Value]]) -> None:
    """Write the sheet: a row of one value is a heading, an empty one a gap; text that is too long is cut."""
    table = [[_Cell(value, is_heading=len(row) == 1) for value in row] for row in rows]
    widths = [_WIDTH] * max((len(row) for row in table), default=1)
    styles = book.begin(SUMMARY, widths, [each.style for row in table for each in row], is_table=False)
    for number, row in enumerate(table, 1):
        book.write(row_xml(number, (each.xml(column, number, styles[each.style]) for column, each in enumerate(row))))
    book.end(len(table))


class _Cell:
    """One value with its form and style."""

    def __init__(self, value: Value, *, is_heading: bool) -> None:
        self._form, self._content, self.style = Form.TEXT, "", PLAIN
        if isinstance(value, str):
            self._content, self.style = escape(cut(value)), HEADER if is_heading else TEXT
        elif value is not None:
            self._take(_array(value))

    def _take(self, array: pa.Array) -> None:
        """Take a value that may be a number, or text where Excel's numbers do not hold it."""
        values = cell_values(array)
        form = next(form for form, series in values.items() if series[0] is not None)
        self._form, self._content = form, values[form][0]
        self.style = TEXT if form is Form.TEXT else style_of(pa.field("", array.type))

    def xml(self, column: int, row: int, style: int) -> str:
        """Return the cell; nothing where there is no value."""
        return cell(column, row, style, self._form, self._content) if self._content else ""


def _array(value: Value) -> pa.Array:
    """Return the value as a column; as text where Arrow has no type for so many digits."""
    try:
        return pa.array([value])
    except (pa.ArrowException, OverflowError):
        return pa.array([str(value)])
