"""`export-pipeline export`: one export, now, through the same flow as the nightly partitions."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from export_pipeline.cli.home import Home, open_home, running_server
from export_pipeline.cli.progress_bars import ExportBars
from export_pipeline.datasets.registry import find_dataset
from export_pipeline.errors import ConfigError
from export_pipeline.extract.selection import Window
from export_pipeline.flow import ExportJob, Outcome, export
from export_pipeline.plan import ExportPlan
from export_pipeline.settings import Settings
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import find_format
from export_pipeline.write.paths import Target


def run_export(
    dataset: str, span: tuple[str | None, str | None], format_name: str, output: Path | None, home: Path
) -> None:
    """Export what was asked for and say where it is. Raises: ExportError; every mistake before connecting."""
    find_dataset(dataset)
    fmt = find_format(format_name)
    window = Window(*(_parse_time(side, text) for side, text in zip(("start", "end"), span, strict=True)))
    with _settings(home) as settings:
        plan = settings.plan_of(dataset)
        with ExportBars(Console(stderr=True)) as bars:
            outcome = export(plan, _job(settings, plan, window, fmt, output), bars.show)
    _report(outcome)


@contextmanager
def _settings(home: Path) -> Iterator[Settings]:
    """Give the settings, with the home's embedded database behind them where no source is set."""
    settings = Settings.load()
    if settings.has_source:
        yield settings
        return
    if not Home(home.absolute()).has_server():
        raise ConfigError(
            f"no source: set EXPORT_SOURCE_URL, or run `export-pipeline demo --home {home}` first for an embedded one"
        )
    with running_server(open_home(home)):
        yield Settings.load()


def _job(settings: Settings, plan: ExportPlan, window: Window, fmt: Format, output: Path | None) -> ExportJob:
    export_id = str(uuid.uuid4())
    name = plan.dataset.name
    if output is None:
        destination, target = settings.destination, Target.of_export(export_id, name, fmt)
    else:
        destination = open_destination(str(output.absolute().parent))
        target = Target.of_file(output.name, name, fmt)
    return ExportJob(settings.source, destination, target, fmt, window, export_id)


def _parse_time(side: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"--{side} {text!r} is no ISO date or time; write 2026-11-20 or 2026-11-20T05:00:00+00:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _report(outcome: Outcome) -> None:
    manifest = outcome.manifest
    errors = Console(stderr=True, highlight=False)
    for warning in outcome.warnings:
        errors.print(f"warning: {warning}", markup=False, soft_wrap=True)
    errors.print(
        f"{manifest.row_count:,} rows, {manifest.invalid_count:,} invalid, "
        f"{manifest.quarantined_count:,} quarantined, {manifest.bytes:,} bytes",
        markup=False,
    )
    Console(highlight=False).print(outcome.uri, markup=False, soft_wrap=True)
