"""Takes invalid rows out of a batch and turns them into lines for `_quarantine/`, with their reasons."""

import polars as pl
import pyarrow as pa

from export_pipeline.schemas.validation import CheckedBatch

REASONS = "_reasons"


def split(checked: CheckedBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return the batch of valid rows, and that of invalid rows with a last column of reasons (list of text)."""
    rows = pl.Series(list(checked.reasons), dtype=pl.UInt32)
    keep = pl.Series([True]).new_from_index(0, checked.batch.num_rows).scatter(rows, values=False)
    invalid = checked.batch.take(rows.to_arrow())
    reasons = pa.array([list(checked.reasons[row]) for row in rows], pa.list_(pa.string()))
    return checked.batch.filter(keep.to_arrow()), invalid.append_column(REASONS, reasons)


def quarantine_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema of quarantined rows: the source's, with the reasons behind."""
    return schema.append(pa.field(REASONS, pa.list_(pa.string())))
