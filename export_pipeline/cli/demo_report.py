"""What the demo ends with: a table of what is published, where it is, how to read it, how to look at it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from export_pipeline.changes.pending import Comparison
from export_pipeline.cli.home import Home
from export_pipeline.settings import Settings
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.parquet import PARQUET
from export_pipeline.write.formats.reading import reading_code
from export_pipeline.write.manifest import Manifest


@dataclass(frozen=True, slots=True)
class DemoRow:
    """One dataset in one format, summed over its partitions."""

    dataset: str
    format: str
    partitions: int
    source_rows: int
    published_rows: int
    invalid_rows: int
    quarantined_rows: int
    bytes: int
    seconds: float
    rows_per_s: float


@dataclass(frozen=True, slots=True)
class DemoReport:
    """All of it. `is_complete` only when every partition is published and every row accounted for."""

    rows: tuple[DemoRow, ...]
    partitions: int
    files_published: int
    seconds: float
    troubles: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.troubles

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps(asdict(self) | {"complete": self.is_complete}, indent=2) + "\n"


def make_report(
    settings: Settings,
    keys: Sequence[str],
    before: Mapping[str, Comparison],
    failed: Sequence[str],
    since: datetime,
) -> DemoReport:
    """Compare what is published now with what the source held at `since`; `failed` are the runs' own messages."""
    rows, troubles, fresh = [], list(failed), 0
    for name, found in before.items():
        counted = sum(tally.rows for tally in found.scan.partitions.values())
        if found.scan.strays:
            troubles.append(f"{name}: {found.scan.strays} rows lie in no partition")
        published = settings.published_of(name)
        for fmt in (published.primary, *published.derived):
            manifests = _manifests(settings, name, fmt, keys)
            rows.append(_sum_up(name, fmt.name, counted, manifests))
            troubles += _shortfalls(rows[-1], len(keys))
            fresh += sum(manifest.started_at >= since for manifest in manifests)
    seconds = (datetime.now(UTC) - since).total_seconds()
    return DemoReport(tuple(rows), len(keys), fresh, round(seconds, 3), tuple(troubles))


def show_report(report: DemoReport, home: Home, console: Console) -> None:
    """Print the table and what to do next."""
    console.print(f"Published below {home.exports}\n", markup=False, soft_wrap=True)
    console.print(_table(report))
    console.print(f"\n{_summary(report)}", markup=False)
    for trouble in report.troubles:
        console.print(f"✗ {trouble}", markup=False, soft_wrap=True)
    console.print(_next_steps(home), markup=False, soft_wrap=True)


def _table(report: DemoReport) -> Table:
    """Return a table that fits into 80 columns up to ten million rows: numbers must never be cut."""
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for heading in ("dataset", "format"):
        table.add_column(heading, no_wrap=True)
    for heading in ("files", "in source", "published", "invalid", "size", "s", "rows/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report.rows:
        counts = (row.partitions, row.source_rows, row.published_rows, row.invalid_rows)
        table.add_row(
            row.dataset,
            row.format,
            *(f"{count:,}" for count in counts),
            decimal(row.bytes),
            f"{row.seconds:.2f}",
            f"{row.rows_per_s:,.0f}",
        )
    return table


def _summary(report: DemoReport) -> str:
    if report.troubles:
        return "Not everything is published:"
    if not report.files_published:
        return "Published 0 files: every manifest matches the source."
    return f"Published {report.files_published} files in {report.seconds:.1f} s; every row is accounted for."


def _next_steps(home: Home) -> str:
    code = reading_code(PARQUET, str(home.exports / "logs" / PARQUET.name))
    lines = "\n".join(f"  {library}  {line}" for library, line in code.items())
    return f"""
Read it:
{lines}

Look at it in the Dagster UI:
  export-pipeline dev --home {home.folder}"""


def _manifests(settings: Settings, name: str, fmt: Format, keys: Sequence[str]) -> list[Manifest]:
    there = settings.destination.list_manifests(name, fmt)
    folders = [settings.partitioning_of(name).folder(key) for key in keys]
    return [there[folder] for folder in folders if folder in there]


def _sum_up(dataset: str, fmt: str, counted: int, manifests: Sequence[Manifest]) -> DemoRow:
    seconds = sum((manifest.finished_at - manifest.started_at).total_seconds() for manifest in manifests)
    published = sum(manifest.row_count for manifest in manifests)
    return DemoRow(
        dataset=dataset,
        format=fmt,
        partitions=len(manifests),
        source_rows=counted,
        published_rows=published,
        invalid_rows=sum(manifest.invalid_count for manifest in manifests),
        quarantined_rows=sum(manifest.quarantined_count for manifest in manifests),
        bytes=sum(manifest.bytes for manifest in manifests),
        seconds=round(seconds, 3),
        rows_per_s=round(published / seconds, 1) if seconds else 0.0,
    )


def _shortfalls(row: DemoRow, partitions: int) -> list[str]:
    where = f"{row.dataset} {row.format}"
    found = []
    if row.partitions != partitions:
        found.append(f"{where}: {row.partitions} of {partitions} partitions are published")
    accounted = row.published_rows + row.quarantined_rows
    if accounted != row.source_rows:
        found.append(f"{where}: {accounted} of {row.source_rows} rows are accounted for")
    return found
