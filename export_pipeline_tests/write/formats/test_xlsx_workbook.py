"""Several sheets, further sheets, totals, long texts, the summary: as openpyxl finds them."""

import gc
import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import openpyxl
import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError, DestinationError, UnrepresentableValueError
from export_pipeline.write.formats.xlsx_check import check_workbook
from export_pipeline.write.formats.xlsx_options import LongCells, SheetOptions, WrittenSheet
from export_pipeline.write.formats.xlsx_workbook import WorkbookWriter
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.hints import published_field
from export_pipeline_tests.write.formats.workbooks import read_cells, write_workbook

if TYPE_CHECKING:
    from export_pipeline.write.formats.xlsx_summary import Value

LOGS = pa.record_batch({"id": [1, 2, 3], "message": ["=1+1", "+cmd|' /C calc'!A0", "<r>_x0041_</r>"]})
MONEY = pa.schema([published_field("paid", pa.decimal128(10, 2), "", currency="EUR")])
PAID = pa.RecordBatch.from_arrays([pa.array([Decimal("1.10"), None, Decimal("2.20")], MONEY.types[0])], schema=MONEY)


def test_datasets_are_sheets_one_after_the_other_and_the_summary_is_the_last(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "a.xlsx", {"logs": LOGS, "Logs": PAID}, summary=[["Rows", 3]])
    assert read_cells(tmp_path / "a.xlsx") == {
        "logs": [["id", "message"], [1, "=1+1"], [2, "+cmd|' /C calc'!A0"], [3, "<r>_x0041_</r>"]],
        "Logs (2)": [["paid"], [1.1], [None], [2.2]],
        "summary": [["Rows", 3]],
    }
    assert book.written == [
        WrittenSheet("logs", ("id", "message"), 3, has_totals=False),
        WrittenSheet("Logs (2)", ("paid",), 3, has_totals=False),
    ]


def test_styles_are_right_on_every_sheet(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"logs": LOGS, "paid": PAID, "it's": LOGS}, SheetOptions(totals=True))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    found = [[cell.number_format for cell in sheet[2]] for sheet in book]
    assert found == [["0", "@"], ["[$EUR] #,##0.00"], ["0", "@"]]
    assert all(cell.font.b for sheet in book for row in (sheet[1], sheet[5]) for cell in row)
    assert not any(cell.font.b for sheet in book for cell in sheet[2])


def test_the_header_stays_in_sight_and_the_filter_covers_the_data_alone(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"logs": LOGS}, SheetOptions(totals=True), summary=[["x"]])
    logs, summary = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    assert (logs.freeze_panes, logs.auto_filter.ref) == ("A2", "A1:B4")
    assert (summary.freeze_panes, summary.auto_filter.ref) == (None, None)
    assert logs.column_dimensions["B"].width > logs.column_dimensions["A"].width


@pytest.mark.parametrize("batch_rows", [1, 4, 10])
def test_rows_beyond_a_sheet_go_on_further_ones(tmp_path: Path, batch_rows: int) -> None:
    batch = pa.record_batch({"id": list(range(10)), "name": ["x"] * 10})
    with (tmp_path / "a.xlsx").open("wb") as sink:
        book = WorkbookWriter(sink, SheetOptions(totals=True, sheet_rows=6))
        writer = book.sheet("logs", batch.schema)
        for start in range(0, 10, batch_rows):
            writer.write(batch.slice(start, batch_rows))
        writer.close()
        book.close()
    header, total = ["id", "name"], ["=SUBTOTAL(109,A2:A5)", "Total"]
    assert read_cells(tmp_path / "a.xlsx") == {
        "logs": [header, *([number, "x"] for number in range(4)), total],
        "logs (2)": [header, *([number, "x"] for number in range(4, 8)), total],
        "logs (3)": [header, [8, "x"], [9, "x"], ["=SUBTOTAL(109,A2:A3)", "Total"]],
    }
    assert [sheet.rows for sheet in book.written] == [4, 4, 2]


def test_a_sheet_that_is_just_full_has_no_empty_follower(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"logs": LOGS}, SheetOptions(sheet_rows=4))
    assert list(read_cells(tmp_path / "a.xlsx")) == ["logs"]


def totals(path: Path, batch: pa.RecordBatch) -> dict[str, Any]:
    """Return the results that stand in the row of totals, by column."""
    write_workbook(path, {"x": batch}, SheetOptions(totals=True))
    rows = list(openpyxl.load_workbook(path, data_only=True).worksheets[0].iter_rows(values_only=True))
    assert len(rows) == batch.num_rows + 2
    return {str(name): value for name, value in zip(rows[0], rows[-1], strict=True)}


def test_columns_of_numbers_are_added_with_the_result_beside_the_formula(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "whole": pa.array([1, None, 2]),
            "price": pa.array([Decimal("0.10"), Decimal("0.20"), None], pa.decimal128(10, 2)),
            "share": [0.5, 0.25, 1.0],
            "flag": [True, True, False],
            "when": pa.array([0, 1, 2], pa.timestamp("s")),
            "name": ["1", "2", "3"],
        }
    )
    assert totals(tmp_path / "a.xlsx", batch) == {
        "whole": 3, "price": 0.3, "share": 1.75, "flag": "Total", "when": None, "name": None,
    }  # fmt: skip


def test_a_total_that_would_leave_values_out_says_so(tmp_path: Path) -> None:
    batch = pa.record_batch({"big": [1, 2**60], "share": [1.0, float("nan")], "huge": [9e307, 9e307]})
    assert totals(tmp_path / "a.xlsx", batch) == {
        "big": "no total: 1 as text", "share": "no total: 1 as text", "huge": "no total: too large",
    }  # fmt: skip


def test_no_rows_have_no_totals(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "a.xlsx", {"logs": LOGS.slice(0, 0)}, SheetOptions(totals=True))
    assert read_cells(tmp_path / "a.xlsx") == {"logs": [["id", "message"]]}
    assert not book.written[0].has_totals


LONG = pa.record_batch({"id": [1, 2, 3], "message": ["x" * 32_767, "é" * 32_768, "😀" * 20_000]})


def test_a_text_that_is_too_long_is_refused_by_column_and_row(tmp_path: Path) -> None:
    with (tmp_path / "a.xlsx").open("wb") as sink:
        writer = WorkbookWriter(sink, SheetOptions()).sheet("logs", LONG.schema)
        writer.write(LONG.slice(0, 1))
        with pytest.raises(UnrepresentableValueError, match=r"column message, row 2 of the data: .* long_cells=cut"):
            writer.write(LONG.slice(1))


def test_a_text_that_is_too_long_is_cut_and_counted_on_request(tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "a.xlsx", {"logs": LONG}, SheetOptions(long_cells=LongCells.CUT))
    texts = [row[1] for row in read_cells(tmp_path / "a.xlsx")["logs"][1:]]
    assert texts == ["x" * 32_767, "é" * 32_766 + "…", "😀" * 16_383 + "…"]
    assert book.cut_cells == {"logs.message": 2}


def test_the_summary_holds_values_and_tables_as_they_are_given(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 20, 5, tzinfo=UTC)
    rows: list[list[Value]] = [
        ["What this is"],
        ["rows", 3, "of", 2**70],
        [],
        ["column", "valid", "seen"],
        ["=x", 0.5, moment, True, None, Decimal("1.50"), moment.date(), "\ud800"],
        ["x" * 40_000, 1],
    ]
    write_workbook(tmp_path / "a.xlsx", {}, summary=rows)
    found = read_cells(tmp_path / "a.xlsx")["summary"]
    assert [[value for value in row if value is not None] for row in found] == [
        ["What this is"],
        ["rows", 3, "of", str(2**70)],
        [],
        ["column", "valid", "seen"],
        ["=x", 0.5, moment.replace(tzinfo=None), True, 1.5, datetime(2026, 11, 20), "\ud800"],  # noqa: DTZ001
        ["x" * 32_766 + "…", 1],
    ]


def test_nothing_at_all_is_a_readable_workbook(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {})
    assert list(read_cells(tmp_path / "a.xlsx").values()) == [[]]


def test_too_many_columns_are_refused() -> None:
    schema = pa.schema([(f"c{number}", pa.bool_()) for number in range(16_385)])
    with pytest.raises(ConfigError, match="16385 columns are more than Excel's 16384"):
        WorkbookWriter(io.BytesIO(), SheetOptions()).sheet("wide", schema)


def test_as_many_columns_as_excel_has_are_written(tmp_path: Path) -> None:
    batch = pa.record_batch({f"c{number}": [number] for number in range(16_384)})
    book = write_workbook(tmp_path / "a.xlsx", {"wide": batch})
    check_workbook(tmp_path / "a.xlsx", book.written)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert b'<c r="XFD2" s="3"><v>16383</v></c></row></sheetData>' in archive.read("xl/worksheets/sheet1.xml")


class Broken(io.RawIOBase):
    """A disk that is full after some bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # noqa: ANN401 - any buffer
        self.room -= len(memoryview(data))
        if self.room < 0:
            raise OSError(28, "full")
        return len(memoryview(data))


def write_often(sink: BinaryIO) -> None:
    book = WorkbookWriter(sink, SheetOptions())
    writer = book.sheet("logs", LOGS.schema)
    for _ in range(100):
        writer.write(LOGS)
    writer.close()
    book.close()


@pytest.mark.parametrize("room", [0, 500, 3_000, 5_000])
def test_a_full_disk_is_said_wherever_it_is_met_and_what_is_given_up_stays_silent(room: int) -> None:
    sink = HashingSink(Broken(room), Path("a.xlsx"))  # type: ignore[arg-type] # raw, as files are
    with pytest.raises(DestinationError, match=r"a\.xlsx: No space left"):
        write_often(sink)
    gc.collect()


def test_rows_reach_the_sink_before_the_workbook_is_closed() -> None:
    sink = io.BytesIO()
    batch = pa.record_batch({"text": [str(number**7) for number in range(50_000)]})
    WorkbookWriter(sink, SheetOptions()).sheet("logs", batch.schema).write(batch)
    assert len(sink.getvalue()) > 100_000
