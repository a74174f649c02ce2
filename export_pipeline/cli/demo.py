"""`export-pipeline demo`: generated rows in an embedded PostgreSQL, all of them exported through Dagster."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time
from itertools import groupby
from pathlib import Path

from dagster import DagsterInstance, Definitions
from rich.console import Console
from rich.progress import Progress as Bars

from export_pipeline.changes.pending import Comparison, compare
from export_pipeline.cli.demo_report import DemoReport, make_report, show_report
from export_pipeline.cli.home import (
    SOURCE_DATABASE,
    Home,
    SampleRecord,
    environment,
    open_home,
    running_server,
)
from export_pipeline.cli.progress_bars import ExportBars
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.definitions import build_definitions
from export_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG
from export_pipeline.embedded.sample import SampleSize, create_tables, fill, holds_rows
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError
from export_pipeline.settings import Settings

_ANOMALIES_PER_LOG = 5_000 / 200_000
_ADDRESSES_PER_LOG = 2_000 / 200_000
_PIPE_COLUMNS = 200
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_demo(sample: SampleRecord, folder: Path, json_file: Path | None) -> int:
    """Fill, export, report; return 0 only when every partition is published and every row accounted for."""
    console = Console(stderr=True, highlight=False)
    home = open_home(folder)
    with running_server(home) as server:
        kept = _load_sample(home, server, sample, console)
        os.environ |= environment(home, server)
        settings = Settings.load(formats=("csv", "json"), datasets={})
        keys = settings.partitioning_of("logs").keys(datetime.combine(kept.last_day, time.max, UTC))
        report = _export_all(settings, keys, console)
    # Into a pipe or a file a line may be as long as it is.
    show_report(report, home, Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_COLUMNS))
    if json_file is not None:
        json_file.write_text(report.to_json(), encoding="utf-8")
    return 0 if report.is_complete else 1


def _load_sample(home: Home, server: EmbeddedServer, wanted: SampleRecord, console: Console) -> SampleRecord:
    """Fill the source once; a second demo finds its rows there, anchored at the same last day."""
    kept = home.read_sample() or wanted
    if (kept.logs, kept.days, kept.seed) != (wanted.logs, wanted.days, wanted.seed):
        raise ConfigError(
            f"{home.folder} holds a sample made with --logs {kept.logs} --days {kept.days} --seed {kept.seed}; "
            "ask for the same, or choose another --home"
        )
    # Kept before the rows are there, so that a demo cut short in between goes on with the same last day.
    home.write_sample(kept)
    url = server.url(SOURCE_DATABASE)
    create_tables(url)
    if not holds_rows(url):
        size = _sample_size(kept)
        with _loading_bar(console, size) as on_progress:
            fill(url, size, kept.last_day, on_progress)
    return kept


def _sample_size(sample: SampleRecord) -> SampleSize:
    return SampleSize(
        logs=sample.logs,
        anomalies=max(1, round(sample.logs * _ANOMALIES_PER_LOG)),
        addresses=max(1, round(sample.logs * _ADDRESSES_PER_LOG)),
        days=sample.days,
        seed=sample.seed,
    )


@contextmanager
def _loading_bar(console: Console, size: SampleSize) -> Iterator[Callable[[str, int], None]]:
    """Give a function that moves a bar for each table while it is filled."""
    totals = {"devices": size.devices, "log_entries": size.logs, "anomaly_records": size.anomalies}
    with Bars(console=console, disable=not console.is_terminal) as bars:
        tasks = {
            table: bars.add_task(f"generate {table}", total=total)
            for table, total in (totals | {"ip_addresses": size.addresses}).items()
        }
        yield lambda table, rows: bars.update(tasks[table], completed=rows)


def _export_all(settings: Settings, keys: Sequence[str], console: Console) -> DemoReport:
    """Compare, export what differs through Dagster, compare again."""
    since = datetime.now(UTC)
    before = {dataset.name: _compare(settings, dataset, keys) for dataset in settings.enabled_datasets}
    totals = {name: (1 + len(settings.formats_of(name))) * _pending_rows(found) for name, found in before.items()}
    troubles: list[str] = []
    with ExportBars(console, totals) as bars, DagsterInstance.get() as instance:
        definitions = build_definitions(settings, bars.show)
        for name, found in before.items():
            for first, last in _ranges(list(found.verdicts), found.pending):
                troubles += _materialize(definitions, instance, name, first, last)
    return make_report(settings, keys, before, troubles, since)


def _compare(settings: Settings, dataset: Dataset, keys: Sequence[str]) -> Comparison:
    partitioning, published = settings.partitioning_of(dataset.name), settings.published_of(dataset.name)
    return compare(settings.source, dataset, partitioning, keys, published, bounded=False)


def _pending_rows(found: Comparison) -> int:
    return sum(found.scan.partitions[key].rows for key in found.pending)


def _ranges(keys: Sequence[str], pending: Sequence[str]) -> list[tuple[str, str]]:
    """Return the runs of partitions in `pending` that follow each other in `keys`, as (first, last)."""
    wanted = set(pending)
    runs = [list(run) for is_pending, run in groupby(keys, key=wanted.__contains__) if is_pending]
    return [(run[0], run[-1]) for run in runs]


def _materialize(definitions: Definitions, instance: DagsterInstance, name: str, first: str, last: str) -> list[str]:
    """Run one range of partitions in this process, in every format; return what went wrong."""
    result = definitions.resolve_job_def(f"{name}_job").execute_in_process(
        instance=instance,
        tags={RANGE_START_TAG: first, RANGE_END_TAG: last},
        run_config=_QUIET,
        raise_on_error=False,
    )
    return [
        f"{name} {first} to {last}, {event.step_key}: {event.step_failure_data.error_display_string}"
        for event in result.all_events
        if event.is_step_failure
    ]
