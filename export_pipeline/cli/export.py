"""`export-pipeline export`: the job `export` in this process, with a bar a dataset."""

import os
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from dagster import DagsterInstance, DagsterRunStatus, Failure
from dagster._core.errors import DagsterExecutionInterruptedError  # which has no public name
from rich.console import Console

from export_pipeline.cli.export_detached import detach
from export_pipeline.cli.export_estimate import announce
from export_pipeline.cli.export_place import await_place
from export_pipeline.cli.export_report import Results
from export_pipeline.cli.home import Home, open_home, running_server
from export_pipeline.cli.loading import unused_home
from export_pipeline.cli.progress_bars import ExportBars
from export_pipeline.defs.on_demand import JOB, Caller, on_demand_definitions, on_demand_job
from export_pipeline.errors import ConfigError, ExportError
from export_pipeline.on_demand.fields import RequestFields
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.request import request_of
from export_pipeline.settings import Settings

_TAGS: Final = {"dagster/max_retries": "0"}
"""Whoever waits for the run is told that it failed: nobody begins it again behind their back."""

_UNRECORDED: Final = (
    "no history was kept, so `list` will not know of this export; set DAGSTER_HOME and EXPORT_STORAGE_URL to keep one"
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How the command goes about it: asking no question, in the background, with results for programs.

    `export_id` says that this is the process in the background.
    """

    yes: bool = False
    detach: bool = False
    as_json: bool = False
    export_id: str | None = None


def run_export(given: Mapping[str, Any], home: Path, manner: Manner) -> None:
    """Export what was asked for and say where it is. Raises: ExportError; every mistake before connecting."""
    fields = request_of(given, Settings.load()).fields
    given = typed(given, fields)
    is_stream = fields.output == STREAM
    if is_stream and (manner.detach or manner.as_json):
        raise ConfigError("the standard output takes the rows alone; leave --detach and --json out, or name a file")
    if fields.preview is not None and (manner.detach or manner.as_json):
        raise ConfigError("--preview shows rows to people, here and now; leave --detach and --json out")
    if manner.detach:
        detach(given, home)
        return
    console = Console(stderr=True)
    with _standard_output(is_stream=is_stream) as stream, _settings(home) as settings:
        if manner.export_id is None and fields.preview is None:
            announce(request_of(given, settings), console, yes=manner.yes)
        results = Results()
        with instance_of(settings) as instance, ExportBars(console) as bars:
            if manner.export_id:
                caller = _detached(manner.export_id, instance, settings)
            else:
                caller = _waiting(results, bars, stream)
            await_place(instance, console)
            _execute(settings, caller, given, instance, manner.export_id or str(uuid.uuid4()))
        results.report(as_json=manner.as_json)
        if instance.is_ephemeral and fields.output is None and fields.preview is None:
            console.print(_UNRECORDED, highlight=False, soft_wrap=True)


def typed(given: Mapping[str, Any], fields: RequestFields) -> dict[str, Any]:
    """Return what was given in the types of the fields, which Dagster insists on."""
    read = fields.model_dump(mode="json")
    return {name: read[name] for name, value in given.items() if value is not None}


def _waiting(results: Results, bars: ExportBars, stream: BinaryIO | None) -> Caller:
    return Caller(
        on_progress=bars.show,
        on_delivery=results.delivered.append,
        on_preview=results.previewed.extend,
        stream=stream,
        cancels=True,
    )


def _detached(export_id: str, instance: DagsterInstance, settings: Settings) -> Caller:
    """Return what the process in the background wants: to tell that the run has begun. Raises: ConfigError."""
    if instance.is_ephemeral:
        raise ConfigError(f"--detach: nobody would hear of the export. {unused_home(settings)}")

    def tell() -> None:
        sys.stdout.write(f"{export_id}\n")
        sys.stdout.flush()

    return Caller(on_begun=tell, cancels=True)


def _execute(
    settings: Settings, caller: Caller, given: Mapping[str, Any], instance: DagsterInstance, export_id: str
) -> None:
    job = on_demand_definitions(on_demand_job(settings, caller)).resolve_job_def(JOB)
    try:
        job.execute_in_process(instance=instance, run_config=dict(given), tags=_TAGS, run_id=export_id)
    except Failure as failure:
        raise _ours(failure) from None
    except DagsterExecutionInterruptedError:
        run = instance.get_run_by_id(export_id)
        if run and run.status is not DagsterRunStatus.CANCELED:  # it has waited for its turn, outside of the step
            instance.report_run_canceled(run, "Interrupted before its turn came.")
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
    if sys.stdout is None:
        raise ConfigError("output: the standard output is closed; name a file")
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        yield stream
    finally:
        with suppress(OSError):  # said already, when the rows were written
            stream.close()


def _ours(failure: Failure) -> ExportError:
    """Return the error that a failed step was made of, in the words of the failure."""
    kind = type(failure.__cause__) if isinstance(failure.__cause__, ExportError) else ConfigError
    return kind(failure.description)
