"""Re-reading a workbook as a stream: every part's checksum, the sheets' names, headers and numbers of rows."""

import errno
import html
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

import pyarrow as pa

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.formats.xlsx_cells import header_xml
from export_pipeline.write.formats.xlsx_options import WrittenSheet
from export_pipeline.write.formats.xlsx_skeleton import sheet_path
from export_pipeline.write.os_errors import os_errors

_CHUNK_BYTES: Final = 1 << 20
_ROWS: Final = b"<sheetData>"
_ROW: Final = b"<row "
"""Occurs nowhere else: in texts the bracket is escaped."""
_ROW_END: Final = b"</row>"
_END: Final = b"</worksheet>"
_SHEET_NAME: Final = re.compile(rb'<sheet name="([^"]*)"')
_HEADER_STYLE: Final = 1  # the first style of every workbook
_DAMAGE: Final = (BadZipFile, EOFError, KeyError, OverflowError, RuntimeError, ValueError, struct.error, zlib.error)


def check(path: Path, rows: int, schema: pa.Schema) -> None:
    """Re-read a workbook of one dataset. Raises: CorruptFileError unless its sheets have `rows` rows of `schema`."""
    with _opened(path) as archive:
        names = _check_parts(archive)
        found = sum(_count_rows(archive, number, schema.names) for number in range(1, len(names) + 1))
    if found != rows:
        raise CorruptFileError(f"{path}: has {found} rows, {rows} were written; export it again")


def check_workbook(path: Path, sheets: Sequence[WrittenSheet]) -> None:
    """Re-read a workbook. Raises: CorruptFileError unless it begins with these sheets."""
    with _opened(path) as archive:
        names = _check_parts(archive)
        if names[: len(sheets)] != [sheet.name for sheet in sheets]:
            raise BadZipFile("its sheets are not those that were written")
        for number, sheet in enumerate(sheets, 1):
            if _count_rows(archive, number, sheet.columns) != sheet.rows + sheet.has_totals:
                raise BadZipFile(f"sheet {sheet.name} has not the {sheet.rows} rows that were written")


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    """Open the file; whatever is wrong with its content is a CorruptFileError."""
    with os_errors("reading", path):
        try:
            with ZipFile(path) as archive:
                yield archive
        except (*_DAMAGE, OSError) as exc:
            # A damaged list of the parts points before the file: EINVAL. Other errors are those of the disk.
            if isinstance(exc, OSError) and exc.errno != errno.EINVAL:
                raise
            raise CorruptFileError(f"{path}: is not the workbook that was written ({exc}); export it again") from exc


def _check_parts(archive: ZipFile) -> list[str]:
    """Read all parts but the sheets, which are read later on; return the names of the sheets."""
    names = [html.unescape(name.decode()) for name in _SHEET_NAME.findall(archive.read("xl/workbook.xml"))]
    sheets = {sheet_path(number) for number in range(1, len(names) + 1)}
    for part in archive.namelist():
        if part not in sheets:
            archive.read(part)
    return names


def _count_rows(archive: ZipFile, number: int, columns: Sequence[str]) -> int:
    """Return how many rows follow the header of a sheet, which must have these columns."""
    with archive.open(sheet_path(number)) as sheet:
        beginning = b""
        while _ROW_END not in beginning and (chunk := sheet.read(_CHUNK_BYTES)):
            beginning += chunk
        _, _, data = beginning.partition(_ROWS)
        header = header_xml(columns, _HEADER_STYLE)
        if not data.startswith(header):
            raise BadZipFile(f"the header of sheet {number} is not that of the columns")
        rows, end = data.count(_ROW) - 1, data[-len(_END) :]
        while chunk := sheet.read(_CHUNK_BYTES):
            # What is carried over is shorter than what is looked for, so nothing is counted twice.
            rows += (end[1 - len(_ROW) :] + chunk).count(_ROW)
            end = (end + chunk)[-len(_END) :]
    if end != _END:
        raise BadZipFile(f"sheet {number} has no end")
    return rows
