"""A program that measures itself writing log rows to Excel: `python -m … ROWS`."""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.write.formats.xlsx_options import SheetOptions
from export_pipeline.write.formats.xlsx_workbook import WorkbookWriter
from export_pipeline.write.hashing_sink import HashingSink

_BATCH_ROWS: Final = 50_000
_START_US: Final = 1_795_132_800_000_000


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Yield log rows of 10 columns, 300 bytes a row."""
    for start in range(0, rows, _BATCH_ROWS):
        ids = pa.array(np.arange(start, start + _BATCH_ROWS))
        texts = ids.cast(pa.string())
        yield pa.record_batch(
            {
                "id": ids,
                "device_id": pc.bit_wise_and(ids, 31),
                "device_ip": pc.binary_join_element_wise("10.0.0.", pc.bit_wise_and(ids, 31).cast(pa.string()), ""),
                "timestamp": pc.add(pc.multiply(ids, 1_000), _START_US).cast(pa.timestamp("us", "UTC")),
                "log_level": pa.array(["info", "notice", "warning", "error", "debug"] * (_BATCH_ROWS // 5)),
                "process_name": pc.binary_join_element_wise("program-", pc.bit_wise_and(ids, 15).cast(pa.string()), ""),
                "message": pc.binary_join_element_wise("connection ", texts, " port 4711 refused, giving up later", ""),
                "raw_message": pc.binary_join_element_wise(
                    "<30>Nov 20 05:00:00 gate dhcpd[42]: ", texts, " x" * 20, ""
                ),
                "score": pc.divide(ids.cast(pa.float64()), 7.0),
                "pushed": pc.equal(pc.bit_wise_and(ids, 1), 0),
            }
        )


def main() -> None:
    """Write the workbook to nowhere, then print the peak of this process's memory in bytes."""
    rows = int(sys.argv[1])
    with Path("/dev/null").open("wb") as raw:
        book = WorkbookWriter(HashingSink(raw, Path("/dev/null")), SheetOptions(totals=True))
        writer = None
        for batch in batches(rows):
            writer = writer or book.sheet("logs", batch.schema)
            writer.write(batch)
        if writer:
            writer.close()
        book.close()
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}\n")


if __name__ == "__main__":
    main()
