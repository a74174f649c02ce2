"""How many rows a dataset has, from when to when, and which of them lie in no partition."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from psycopg.sql import Literal

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.errors import SourceBusyError
from export_pipeline.extract.query import span_query
from export_pipeline.extract.selection import Selection
from export_pipeline.extract.snapshot import open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.preflight.finding import Finding, ok, warning

_ESTIMATED = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass({table})"


@dataclass(frozen=True, slots=True)
class Rows:
    """A whole table's rows, and how many of them lie outside every partition; times are in UTC, aware."""

    total: int
    without_time: int
    infinite: int
    before: int
    after: int
    oldest: datetime | None
    """Of all finite times."""
    newest: datetime | None
    """Of those in a partition."""

    @property
    def exported(self) -> int:
        """Rows that lie in a partition."""
        return self.total - self.without_time - self.infinite - self.before - self.after


def count_rows(source: Source, dataset: Dataset, partitioning: Partitioning, now: datetime) -> Rows:
    """Count in one scan of the table. Raises: SourceBusyError when it takes too long, ExportError."""
    selection, bounds = dataset.selection, partitioning.bounds(partitioning.keys(now))
    tables = [(selection.table, selection.columns[0].source_name)]
    with open_snapshot(source, tables, f"{dataset.name}: counting its rows") as snapshot:
        ((*counts, oldest, newest),) = snapshot.rows(span_query(selection, bounds[0], bounds[-1]))
    total, without_time, infinite, before, after = (int(str(count)) for count in counts)
    times = (_moment(text, selection) for text in (oldest, newest))
    return Rows(total, without_time, infinite, before, after, *times)


def check_rows(dataset: Dataset, partitioning: Partitioning, rows: Rows) -> Iterator[Finding]:
    """Say how many rows there are, and one finding for each kind that no partition holds."""
    subject = f"{dataset.name}: rows"
    if rows.total == 0:
        yield warning(subject, "none yet", "see whether this is the table that was meant")
        return
    span = f", {_day(rows.oldest)} to {_day(rows.newest)}" if rows.newest else ""
    yield ok(subject, f"{rows.total:,}{span}; {rows.exported:,} of them in partitions")
    subject = f"{dataset.name}: partitions"
    if rows.before:
        earlier = f"EXPORT_FIRST_PARTITION={_day(rows.oldest)}, or leave them out"
        found = f"{rows.before:,} rows lie before the first partition, {partitioning.first}"
        yield warning(subject, found, earlier if rows.oldest else _mend(dataset))
    if rows.without_time:
        yield warning(subject, f"{rows.without_time:,} rows have no time and are in no partition", _mend(dataset))
    if rows.infinite:
        yield warning(subject, f"{rows.infinite:,} rows lie at infinity, in no partition", _mend(dataset))
    if rows.after:
        yield warning(
            subject,
            f"{rows.after:,} rows lie in the future; each is exported when its partition opens",
            f"see whether their times are in {dataset.naive_zone}, as declared, and whether both clocks are right",
        )


def estimated_rows(source: Source, dataset: Dataset, busy: SourceBusyError) -> Finding:
    """Say what the server's statistics know, where counting took too long."""
    table = Literal(dataset.table.quoted).as_string(None)
    with open_snapshot(source, (), f"{dataset.name}: asking for its statistics") as snapshot:
        ((rows,),) = snapshot.rows(_ESTIMATED.format(table=table))
    return warning(
        f"{dataset.name}: rows",
        f"about {int(str(rows)):,} by the server's statistics; rows outside the partitions are not looked at: {busy}",
        "count those by hand when the server is idle",
    )


def _mend(dataset: Dataset) -> str:
    return f"mend their times; `export-pipeline export {dataset.name}` without a span exports them as they are"


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "?"


def _moment(text: object, selection: Selection) -> datetime | None:
    """Read a time as PostgreSQL writes it; one that Python cannot hold is left out."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:  # NULL, or a year that Python cannot hold
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(selection.placing_time.zone))
