"""What the first export of all of a dataset's partitions takes, by a sample of its newest rows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from rich.filesize import decimal

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.errors import ExportError
from export_pipeline.extract.source import Source
from export_pipeline.preflight.bounded import of_error
from export_pipeline.preflight.finding import Finding, not_looked_at, ok, warning
from export_pipeline.preflight.look import Look
from export_pipeline.preflight.rows import Rows
from export_pipeline.preflight.sample import Estimate, Sample, estimate, take_sample

_VALID_ENOUGH: Final = 0.95


def check_backfill(look: Look, source: Source, dataset: Dataset, rows: Rows) -> Iterator[Finding]:
    """Read a sample as an export would, and say what it makes of all rows; `look` keeps the estimate."""
    subject = f"{dataset.name}: first backfill"
    if rows.newest is None:
        yield not_looked_at(subject, "no row lies in a partition")
        return
    settings = look.settings
    published, plan = settings.published_of(dataset.name), settings.plan_of(dataset.name)
    formats = (published.primary, *published.derived)
    try:
        sample = take_sample(source, plan, formats, rows.newest)
    except ExportError as error:
        yield of_error(f"{dataset.name}: sample", error)
        yield not_looked_at(subject, "the sample could not be read")
        return
    yield _check_validity(dataset, sample)
    look.estimates[dataset.name] = whole = estimate(sample, rows.exported)
    partitions = count_partitions(settings.partitioning_of(dataset.name), rows)
    yield ok(subject, _in_words(whole, sample, partitions, ", ".join(fmt.name for fmt in formats)))


def in_time(seconds: float) -> str:
    """Return a span of time rounded for people: `4 s`, `12 min`, `3.5 h`."""
    span = timedelta(seconds=seconds)
    if span < timedelta(minutes=2):
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if span < timedelta(hours=2) else f"{seconds / 3600:.1f} h"


def count_partitions(partitioning: Partitioning, rows: Rows) -> int:
    """Return how many partitions lie between the oldest and the newest row, both included."""
    until = len(partitioning.keys(rows.newest)) if rows.newest else 0
    before = _before(partitioning, rows.oldest) if rows.oldest else 0
    return until - before


def _before(partitioning: Partitioning, oldest: datetime) -> int:
    return max(0, len(partitioning.keys(oldest)) - 1)


def _check_validity(dataset: Dataset, sample: Sample) -> Finding:
    subject = f"{dataset.name}: sample"
    share = 1.0 if sample.validity is None else sample.validity
    found = f"{sample.rows:,} of the newest rows read, {share:.1%} of them valid"
    if share >= _VALID_ENOUGH:
        return ok(subject, found)
    return warning(
        subject, found, "export a day and see its quality figures; EXPORT_ON_INVALID says what becomes of such rows"
    )


def _in_words(whole: Estimate, sample: Sample, partitions: int, formats: str) -> str:
    pace = f"{sample.rows / sample.seconds:,.0f} rows/s" if sample.seconds else "at once"
    return (
        f"about {in_time(whole.seconds)} for {whole.rows:,} rows ({pace}), and a second or two for each of "
        f"{partitions:,} partitions; about {decimal(whole.bytes)} as {formats}"
    )
