"""What a workbook has beside its rows, made by xlsxwriter: styles, list of sheets, and what surrounds the rows."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zipfile import ZipFile

import xlsxwriter

from export_pipeline.write.formats.xlsx_options import MAX_ROWS
from export_pipeline.write.formats.xlsx_styles import Style

_ROWS: Final = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
_STYLES: Final = re.compile(rb'<c r="[A-Z]+1" s="(\d+)"/>')
_DIMENSION: Final = re.compile(rb"<dimension [^>]*/>")
_CREATED: Final = datetime(1980, 1, 1, tzinfo=UTC)  # the same rows give the same bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """How a sheet is laid out; a table has a header that stays in sight and filters over its `rows`, header and all."""

    name: str
    widths: tuple[float, ...]
    is_table: bool
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """The XML before and behind a sheet's rows, and the number that each style has in all sheets."""

    before: bytes
    after: bytes
    styles: dict[Style, int]


def sheet_path(number: int) -> str:
    """Return where the sheet is in the package, counted from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def frame(layout: Layout, styles: Sequence[Style], *, is_first: bool) -> Frame:
    """Return what surrounds the rows of a sheet. Adding styles leaves the numbers of those before them."""
    sheet = parts([layout], styles)[sheet_path(1)]
    numbers = map(int, _STYLES.findall(sheet))
    before, after = _ROWS.split(sheet)
    # The dimension would have to name the last row; without it readers look for themselves.
    before = _DIMENSION.sub(b"", before)
    if not is_first:
        before = before.replace(b' tabSelected="1"', b"")
    return Frame(before + b"<sheetData>", b"</sheetData>" + after, dict(zip(styles, numbers, strict=True)))


def parts(layouts: Sequence[Layout], styles: Sequence[Style]) -> dict[str, bytes]:
    """Return the parts of a workbook of these sheets by their path; no sheet has rows but for the styles' samples."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": _CREATED})
    formats = [book.add_format({"num_format": style.number_format, "bold": style.bold}) for style in styles]
    for layout in layouts:
        sheet = book.add_worksheet(layout.name)
        for column, format_ in enumerate(formats):
            sheet.write_blank(0, column, None, format_)
        _lay_out(sheet, layout)
    book.close()
    with ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _lay_out(sheet: Any, layout: Layout) -> None:  # noqa: ANN401 - xlsxwriter's worksheet
    for column, width in enumerate(layout.widths):
        sheet.set_column(column, column, width)
    if layout.is_table:
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, layout.rows - 1, len(layout.widths) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MAX_ROWS}"})
