"""`export-pipeline export`: the job `export` in this process, with a bar a dataset."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from dagster import DagsterInstance, Failure
from dagster._core.errors import DagsterExecutionInterruptedError  # which has no public name
from rich.console import Console

from export_pipeline.cli.export_report import report_delivery, report_previews
from export_pipeline.cli.home import Home, open_home, running_server
from export_pipeline.cli.progress_bars import ExportBars
from export_pipeline.defs.on_demand import JOB, Caller, on_demand_definitions, on_demand_job
from export_pipeline.errors import ConfigError, ExportError
from export_pipeline.on_demand.fields import fields_of
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.request import request_of
from export_pipeline.settings import Settings

_TAGS: Final = {"dagster/max_retries": "0"}
"""Whoever waits for the run is told that it failed: nobody begins it again behind their back."""


def run_export(given: Mapping[str, Any], home: Path) -> None:
    """Export what was asked for and say where it is. Raises: ExportError; every mistake before connecting."""
    fields = fields_of(given)
    request_of(fields, Settings.load())
    with _standard_output(is_stream=fields.output == STREAM) as stream, _settings(home) as settings:
        with instance_of(settings) as instance, ExportBars(Console(stderr=True)) as bars:
            caller = Caller(bars.show, report_delivery, report_previews, stream, cancels=True)
            job = on_demand_definitions(on_demand_job(settings, caller)).resolve_job_def(JOB)
            try:
                job.execute_in_process(instance=instance, run_config=dict(given), tags=_TAGS)
            except Failure as failure:
                raise _ours(failure) from None
            except DagsterExecutionInterruptedError:
                raise KeyboardInterrupt from None


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


@contextmanager
def instance_of(settings: Settings) -> Iterator[DagsterInstance]:
    """Give Dagster's instance; where there is none, one that forgets the run with the process."""
    if settings.storage_url is None or not os.environ.get("DAGSTER_HOME"):
        with DagsterInstance.ephemeral() as instance:
            yield instance
        return
    with DagsterInstance.get() as instance:
        yield instance


@contextmanager
def _standard_output(*, is_stream: bool) -> Iterator[BinaryIO | None]:
    """Give our standard output to the rows alone: Dagster copies what goes there into the run's logs."""
    if not is_stream:
        yield None
        return
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream:
        yield stream


def _ours(failure: Failure) -> ExportError:
    """Return the error that a failed step was made of, in the words of the failure."""
    kind = type(failure.__cause__) if isinstance(failure.__cause__, ExportError) else ConfigError
    return kind(failure.description)
