import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.formats.xlsx_check import check, check_workbook
from export_pipeline.write.formats.xlsx_options import SheetOptions, WrittenSheet
from export_pipeline_tests.write.formats.workbooks import write_workbook

ROWS = pa.record_batch({"id": list(range(100)), "text": ["<row r='1'> & "] * 100})
SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_as_it_was_written_passes(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    sheets = {"logs": ROWS, "a & b": ROWS.slice(0, 3), "none": ROWS.slice(0, 0)}
    book = write_workbook(path, sheets, SheetOptions(totals=True, sheet_rows=50), summary=[["x", 1]])
    check_workbook(path, book.written)
    assert [sheet.rows for sheet in book.written] == [48, 48, 4, 3, 0]


def test_all_sheets_of_one_dataset_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, {"data": ROWS}, SheetOptions(sheet_rows=50))
    check(path, 100, ROWS.schema)
    with pytest.raises(CorruptFileError, match="has 100 rows, 101 were written"):
        check(path, 101, ROWS.schema)


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (WrittenSheet("other", ("id", "text"), 100, has_totals=False), "its sheets are not those that were written"),
        (WrittenSheet("logs", ("id", "text"), 99, has_totals=False), "sheet logs has not the 99 rows"),
        (WrittenSheet("logs", ("id", "text"), 100, has_totals=True), "sheet logs has not the 100 rows"),
        (WrittenSheet("logs", ("text", "id"), 100, has_totals=False), "the header of sheet 1 is not that of the"),
    ],
    ids=["name", "rows", "totals", "columns"],
)
def test_another_workbook_than_the_one_written_is_found(tmp_path: Path, sheet: WrittenSheet, said: str) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, {"logs": ROWS})
    with pytest.raises(CorruptFileError, match=said):
        check_workbook(path, [sheet])


def rewritten(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Write the workbook anew with its parts changed, or left out."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            if content is not None:
                archive.writestr(name, content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, content: None if name == SHEET else content, "no item named"),
        (lambda name, content: None if name == "xl/workbook.xml" else content, "no item named"),
        (lambda name, content: content[:-9] if name == SHEET else content, "sheet 1 has no end"),
        (lambda name, content: content.replace(b'<row r="7">', b"") if name == SHEET else content, "has 99 rows"),
    ],
    ids=["sheet", "list of sheets", "end", "row"],
)
def test_a_part_that_is_missing_or_changed_is_found(
    tmp_path: Path, change: Callable[[str, bytes], bytes | None], said: str
) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, {"logs": ROWS})
    rewritten(path, change)
    with pytest.raises(CorruptFileError, match=f"{said}.*; export it again"):
        check(path, 100, ROWS.schema)


def test_any_flipped_byte_of_the_content_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, {"logs": ROWS})
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    whole = path.read_bytes()
    for info in infos:
        damaged = bytearray(whole)
        damaged[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(CorruptFileError, match="export it again"):
            check(path, 100, ROWS.schema)
