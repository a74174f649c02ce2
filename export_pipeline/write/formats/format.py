"""What a format is: a name, an extension, and how to write, check and (for Parquet) read its files.

One file a format beside this one, one line each in `registry.py`. Where the bytes go is the business of
`destinations/`; a format sees a binary sink only.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

from export_pipeline.errors import ConfigError, TransformError


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file's facts: `bytes` and `sha256` of the content as it was written."""

    rows: int
    bytes: int
    sha256: str


class BatchWriter(Protocol):
    """Turns record batches into one file's content."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a batch of any number of rows. Raises: TransformError when it is not of the opened schema."""

    def close(self) -> None:
        """End the content (footer, closing bracket); the sink stays open."""


Opening = Callable[[BinaryIO, pa.Schema], BatchWriter]
"""Starts a file of a schema in a sink."""


@dataclass(frozen=True, slots=True)
class Readers:
    """The functions of other programs that read a format's files; `{}` stands for the quoted path.

    None for DuckDB where it needs an extension of its own.
    """

    pandas: str
    duckdb: str | None
    polars: str


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    `nested` says that JSON columns become nested values. `open` starts a file of a schema. `check` re-reads a
    file and raises CorruptFileError unless it has these rows and this schema. `read_batches` streams a
    published file with its schema and hints; None where a file cannot be read back without loss.
    `is_one_off` says that files are written on request only, never for partitions.
    """

    name: str
    extension: str
    media_type: str
    compression: str
    nested: bool
    open: Opening
    check: Callable[[Path, int, pa.Schema], None]
    readers: Readers
    read_batches: Callable[[Path], pa.RecordBatchReader] | None = None
    is_one_off: bool = False


def check_columns(schema: pa.Schema, format_name: str) -> None:
    """Refuse a schema without a column, or with two of one name. Raises: ConfigError."""
    if not schema.names:
        raise ConfigError(f"{format_name}: there is no column to write; select at least one")
    if twice := sorted(name for name, times in Counter(schema.names).items() if times > 1):
        raise ConfigError(f"{format_name}: two columns are named {', '.join(twice)}; rename one of them")


def check_batch(batch: pa.RecordBatch, schema: pa.Schema) -> None:
    """Refuse a batch of another schema than the file's. Raises: TransformError."""
    if not batch.schema.equals(schema):
        raise TransformError(
            f"the batch to write is not of the file's schema; found {_brief(batch.schema)}; "
            f"expected {_brief(schema)}; mend the last transform's output_schema"
        )


def _brief(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
