"""How fast and how large a first export will be, measured on some of the newest rows through the real flow."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from export_pipeline.extract.selection import Window
from export_pipeline.extract.source import Source
from export_pipeline.plan import ExportPlan
from export_pipeline.rejected_rows import RejectedRows
from export_pipeline.schemas.policy import OnInvalid
from export_pipeline.source_rows import SourceRows, open_source_rows
from export_pipeline.stages import StageProfile
from export_pipeline.write.formats.format import BatchWriter, Format
from export_pipeline.write.hashing_sink import HashingSink

_ROWS: Final = 50_000
_SECONDS: Final = 5.0
_SPAN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """What some rows took to read, check, transform and write in every format, and how large they became."""

    rows: int
    validity: float | None
    """Share of rows with no failure; None where there was no row."""
    seconds: float
    bytes: Mapping[str, int]
    """Written bytes by format."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What all rows will take, as a multiple of the sample's."""

    rows: int
    seconds: float
    bytes: int


def take_sample(source: Source, plan: ExportPlan, formats: tuple[Format, ...], newest: datetime) -> Sample:
    """Export the last day's rows, up to a number and a few seconds of them, to nowhere.

    Raises: TransientError, PermanentError as the export itself would.
    """
    window = Window(newest - _SPAN, newest + timedelta(microseconds=1))
    plan = plan.checked(replace(plan.policy, on_invalid=OnInvalid.KEEP, max_invalid_ratio=1.0))
    schema, where = plan.published_schema, f"{plan.dataset.name}: reading a sample"
    with Path(os.devnull).open("wb") as nowhere:
        sinks = {fmt.name: HashingSink(nowhere, Path(os.devnull)) for fmt in formats}
        rejected = RejectedRows(lambda: HashingSink(nowhere, Path(os.devnull)), plan.source_schema)
        try:
            with open_source_rows(plan, source, window, where, rejected) as rows:
                read, seconds = _write(rows, [fmt.open(sinks[fmt.name], schema) for fmt in formats])
        finally:
            for sink in sinks.values():  # a Parquet writer that an error has ended still writes its footer
                sink.discard()
        rows.settle()
    validity = (rows.account.quality or {}).get("validity")
    sizes = {name: sink.tell() for name, sink in sinks.items()}
    return Sample(read, None if validity is None else float(str(validity)), seconds, sizes)


def estimate(sample: Sample, rows: int) -> Estimate:
    """Return what `rows` rows will take at the sample's pace and size."""
    times = rows / sample.rows if sample.rows else 0.0
    return Estimate(rows, sample.seconds * times, round(sum(sample.bytes.values()) * times))


def _write(rows: SourceRows, writers: Sequence[BatchWriter]) -> tuple[int, float]:
    """Write batches until there are rows enough, or it has taken long enough; return how many, in which time."""
    begun, read = perf_counter(), 0
    with closing(rows.batches(StageProfile())) as batches:
        for batch in batches:
            read += batch.num_rows
            for writer in writers:
                writer.write(batch)
            if read >= _ROWS or perf_counter() - begun > _SECONDS:
                break
    for writer in writers:
        writer.close()
    return read, perf_counter() - begun
