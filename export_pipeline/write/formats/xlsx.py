"""Excel workbooks as a format: one dataset, on the sheet `data` and as many further ones as it takes.

What becomes of each type, and why: docs/excel.md. For people who take rows away in a spreadsheet: it is written on
request and never as a partition of a dataset.
"""

from typing import BinaryIO, Final

import pyarrow as pa

from export_pipeline.write.formats.format import Format, Readers
from export_pipeline.write.formats.xlsx_check import check
from export_pipeline.write.formats.xlsx_options import SheetOptions
from export_pipeline.write.formats.xlsx_workbook import WorkbookWriter

_SHEET: Final = "data"


class XlsxBatchWriter:
    """Writes the batches of one dataset as a workbook."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema) -> None:
        self._book = WorkbookWriter(sink, SheetOptions())
        self._sheet = self._book.sheet(_SHEET, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of `batch`."""
        self._sheet.write(batch)

    def close(self) -> None:
        """End the sheet and the workbook."""
        self._sheet.close()
        self._book.close()


XLSX: Final = Format(
    name="xlsx",
    extension=".xlsx",
    media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    compression="none",
    nested=False,
    open=XlsxBatchWriter,
    check=check,
    readers=Readers("read_excel({})", None, 'read_excel({}, engine="openpyxl")'),
    is_one_off=True,
)
