"""Workbooks written for a test, and what openpyxl finds in them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa

from export_pipeline.write.formats.xlsx_options import SheetOptions
from export_pipeline.write.formats.xlsx_summary import Value
from export_pipeline.write.formats.xlsx_workbook import WorkbookWriter
from export_pipeline_tests.contracts.written_values import unescaped

Cells = list[list[Any]]  # Any: whatever a cell holds


def write_workbook(
    path: Path,
    sheets: Mapping[str, pa.RecordBatch],
    options: SheetOptions | None = None,
    summary: Iterable[Sequence[Value]] | None = None,
) -> WorkbookWriter:
    """Write a batch a sheet; return the closed writer."""
    with path.open("wb") as sink:
        book = WorkbookWriter(sink, options or SheetOptions())
        for name, batch in sheets.items():
            writer = book.sheet(name, batch.schema)
            writer.write(batch)
            writer.close()
        if summary is not None:
            book.summary(summary)
        book.close()
    return book


def read_cells(path: Path) -> dict[str, Cells]:
    """Return the values of every sheet, header included; texts as Excel shows them."""
    book = openpyxl.load_workbook(path)
    return {sheet.title: [[_shown(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book}


def _shown(cell: Any) -> Any:  # noqa: ANN401 - openpyxl has no types
    return unescaped(cell.value) if cell.data_type == "s" else cell.value
