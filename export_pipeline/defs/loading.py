"""Gives a downstream asset the published rows as what it asks for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

import pandas as pd
import polars as pl
import pyarrow as pa

from export_pipeline.errors import ConfigError, DestinationError
from export_pipeline.plan import ExportPlan
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.formats.format import Format
from export_pipeline.write.paths import Target


class _Convert(Protocol):
    def __call__(self, reader: pa.RecordBatchReader) -> object: ...


_CONVERTERS: Mapping[object, _Convert] = {
    pa.RecordBatchReader: lambda reader: reader,
    pa.Table: lambda reader: reader.read_all(),
    pd.DataFrame: lambda reader: reader.read_pandas(),
    pl.DataFrame: lambda reader: pl.from_arrow(reader.read_all()),
}


def load_as(wanted: object, destination: Destination, targets: Sequence[Target], fmt: Format) -> object:
    """Return the rows of `targets`, one behind the other, as the type `wanted`.

    A `pyarrow.RecordBatchReader` streams them. Raises: ConfigError for a type or a format that cannot be loaded,
    DestinationError for a partition that is not published, or that was with other columns than the first.
    """
    if wanted not in _CONVERTERS:
        names = [_name(kind) for kind in (*_CONVERTERS, ExportPlan)]
        raise ConfigError(f"a downstream input is annotated {_name(wanted)}; annotate it as one of {', '.join(names)}")
    if fmt.read_batches is None:
        raise ConfigError(f"{fmt.name} files are not read back; depend on the Parquet asset instead")
    _require_published(destination, targets)
    batches = _batches(destination, targets, fmt.read_batches)
    first = next(batches)
    return _CONVERTERS[wanted](pa.RecordBatchReader.from_batches(first.schema, chain([first], batches)))


def _require_published(destination: Destination, targets: Sequence[Target]) -> None:
    missing = [target for target in targets if destination.read_manifest(target) is None]
    if missing:
        names = ", ".join(str(target.partition) for target in missing)
        raise DestinationError(f"{missing[0].dataset}: {names} is not published yet; materialize it first")


def _batches(
    destination: Destination, targets: Sequence[Target], read: Callable[[Path], pa.RecordBatchReader]
) -> Iterator[pa.RecordBatch]:
    """Yield an empty batch with the schema, then every batch of every target."""
    schema = None
    for target in targets:
        with destination.published_path(target) as path, read(path) as reader:
            if schema is None:
                schema = reader.schema
                yield pa.RecordBatch.from_pylist([], schema=schema)
            if not reader.schema.equals(schema):
                raise DestinationError(
                    f"{target.data}: was published with other columns than {targets[0].data}; "
                    "export the older of the two again"
                )
            yield from reader


def _name(kind: object) -> str:
    module = getattr(kind, "__module__", "").split(".")[0]
    return f"{module}.{getattr(kind, '__name__', kind)}" if module not in {"", "builtins"} else str(kind)
