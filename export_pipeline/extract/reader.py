"""Streams a selection out of an open snapshot as Arrow record batches, bounded in rows and in bytes.

The statement runs as a binary COPY inside ADBC. Nothing here holds more than the batch in hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import adbc_driver_postgresql
import pyarrow as pa
import pyarrow.compute as pc

# Private, and pinned in pyproject.toml: the public `fetch_record_batch()` raises a bare OSError in mid-stream,
# without the SQLSTATE that tells a lost connection from bad data.
from adbc_driver_manager._reader import AdbcRecordBatchReader

from export_pipeline.errors import ConfigError, UnrepresentableValueError
from export_pipeline.extract.pg_errors import source_errors
from export_pipeline.extract.query import copy_query
from export_pipeline.extract.selection import SelectedColumn, Selection, SpecialTimes
from export_pipeline.extract.snapshot import Snapshot

_MIB = 1024 * 1024
_FIRST_DAY = -719_162  # 0001-01-01 in days since 1970-01-01
_AFTER_LAST_DAY = 2_932_897  # 10000-01-01
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How large one batch may get: whichever limit is reached first ends it.

    One row larger than `bytes` still travels, in a batch of its own. Raises: ConfigError for a limit below 1.
    """

    rows: int = 65_536
    bytes: int = 8 * _MIB

    def __post_init__(self) -> None:
        for name, value in (("batch size in rows", self.rows), ("batch size in bytes", self.bytes)):
            if value < 1:
                raise ConfigError(f"{name} is {value}; it must be 1 or more, for example 50000 rows or 8388608 bytes")


def read_batches(snapshot: Snapshot, selection: Selection, limits: BatchLimits) -> Iterator[pa.RecordBatch]:
    """Stream the selection's rows.

    Yields: RecordBatch of 1..`limits.rows` rows in `selection.arrow_schema`, in no promised order.
    Raises: SourceUnavailableError and SourceBusyError (a retry may help, from a new snapshot),
    UnrepresentableValueError for a value that Arrow cannot hold exactly.
    """
    where = f"{snapshot.where}: reading {selection.table}"
    cursor = snapshot.cursor
    hint = {adbc_driver_postgresql.StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(limits.bytes)}
    with source_errors(where):
        cursor.adbc_statement.set_options(**hint)
        cursor.execute(copy_query(selection))
        stream = cursor.fetch_arrow()
        for batch in AdbcRecordBatchReader._import_from_c(stream.address):  # noqa: SLF001 - see the import
            exact = _conform(batch, selection, where)
            for start in range(0, exact.num_rows, limits.rows):
                yield exact.slice(start, limits.rows)


def _conform(batch: pa.RecordBatch, selection: Selection, where: str) -> pa.RecordBatch:
    """Return the batch in the declared types, once every value is known to be exact in them."""
    columns = [
        _conform_column(array, column, selection, where)
        for array, column in zip(batch.columns, selection.read_columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=selection.arrow_schema)


def _conform_column(array: pa.Array, column: SelectedColumn, selection: Selection, where: str) -> pa.Array:
    declared = selection.arrow_type(column)
    if column.is_time and selection.special_times is SpecialTimes.FAIL:
        _require_plain_times(array, column, where)
    if array.type.equals(declared):
        return array
    try:
        return array.cast(declared)
    except pa.ArrowInvalid as error:
        raise UnrepresentableValueError(
            f"{where}: column {column.name!r} holds a value that {declared} cannot hold: {error}; "
            "declare the column as text (numeric without precision) in the dataset, or export a view that casts it"
        ) from error


def _require_plain_times(array: pa.Array, column: SelectedColumn, where: str) -> None:
    """Refuse ±infinity (which ADBC wraps into a time 290,000 years ago) and years outside 1 to 9999."""
    is_date = pa.types.is_date(array.type)
    scale = 1 if is_date else _DAY_US
    numbers = array.cast(pa.int32()).cast(pa.int64()) if is_date else array.cast(pa.int64())
    ends = pc.min_max(numbers).as_py()
    if ends["min"] is None or (ends["min"] >= _FIRST_DAY * scale and ends["max"] < _AFTER_LAST_DAY * scale):
        return
    raise UnrepresentableValueError(
        f"{where}: column {column.name!r} holds infinity or a year outside 1 to 9999; "
        "set special_times to `null` or `text` for the dataset, mend the rows, or export a view that casts them to text"
    )
