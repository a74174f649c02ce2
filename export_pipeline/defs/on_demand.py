"""The job `export`: any rows, columns and format, now. Its config is what `on_demand/fields.py` describes.

The id of an export is the id of its run. What it exports, and how far it is, stands in the run's tags, which lists and
searches show without reading the run's events.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final

from dagster import ConfigMapping, Definitions, JobDefinition, Nothing, OpExecutionContext, Out, job, op
from dagster._core.errors import DagsterExecutionInterruptedError  # which has no public name

from export_pipeline.defs.lifeline import with_lifeline
from export_pipeline.defs.on_demand_config import chosen_of, request_schema
from export_pipeline.defs.on_demand_metadata import delivery_metadata, preview_metadata
from export_pipeline.defs.on_demand_tags import ProgressTags, request_tags, result_tags
from export_pipeline.defs.on_demand_watch import interrupted_when_canceled
from export_pipeline.defs.plans import PLAN_IO_MANAGER, PlanIOManager
from export_pipeline.defs.pools import SOURCE_POOL
from export_pipeline.defs.retries import Attempt, retries_by_error_class
from export_pipeline.errors import ExportError, ReaderGoneError
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.preview import Preview, preview
from export_pipeline.on_demand.request import Request, request_of
from export_pipeline.on_demand.run import Delivery, run
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.settings import Settings

JOB: Final = "export"
_OP: Final = "export_rows"


@dataclass(frozen=True, slots=True)
class Caller:
    """What a process that runs the job itself wants of it: to see its progress and its results, not its log.

    What it is handed it only collects: what is printed during a run, personal data too, Dagster keeps in its logs.
    `stream` is what the output `-` means. `cancels` says that an interrupt is somebody's Ctrl-C, which cancels the run;
    otherwise the process was stopped from outside, and the run has failed.
    """

    on_begun: Callable[[], None] = lambda: None
    on_progress: OnProgress = ignore_progress
    on_delivery: Callable[[Delivery], None] = lambda _: None
    on_preview: Callable[[Sequence[Preview]], None] = lambda _: None
    stream: BinaryIO | None = None
    cancels: bool = False


def on_demand_job(settings: Settings, caller: Caller = Caller()) -> JobDefinition:
    """Return the job."""
    schema = request_schema()

    @op(
        name=_OP,
        description="Reads one snapshot of each dataset or table, and publishes all of it below exports/{run id}/, or "
        "nothing. A wrong config fails before anything is connected, with all of its mistakes.",
        out=Out(Nothing, io_manager_key=PLAN_IO_MANAGER),
        pool=SOURCE_POOL,
        config_schema=schema,
    )
    def export_rows(context: OpExecutionContext) -> None:
        attempt = Attempt(context.instance, context.run_id, context.retry_number)
        with retries_by_error_class(attempt), _canceled(context, caller):
            # What was left out must not be its default here: a preset may fill it in.
            request = request_of(chosen_of(context.run.run_config), settings)
            context.instance.add_run_tags(context.run_id, request_tags(request))
            caller.on_begun()
            if request.fields.preview is not None:
                previews = preview(request, context.run_id)
                caller.on_preview(previews)
                context.add_output_metadata(preview_metadata(previews))
                return
            delivery = _run(context, request, attempt, caller)
            for one in delivery.finished:
                context.log.info("%s", one.summary)
        for warning in delivery.warnings:
            context.log.warning("%s", warning)
        context.instance.add_run_tags(context.run_id, result_tags(delivery))
        context.add_output_metadata(delivery_metadata(delivery))
        caller.on_delivery(delivery)

    @job(
        name=JOB,
        description="Export now: any rows and columns of datasets or tables, in any format, into a folder of its own.",
        config=ConfigMapping(partial(_to_op, quietly=caller.cancels), schema),
    )
    def export_now() -> None:
        export_rows()

    return export_now


def on_demand_definitions(job_definition: JobDefinition) -> Definitions:
    """Return the job with what it needs, for a process that runs nothing else."""
    return Definitions(jobs=[job_definition], resources={PLAN_IO_MANAGER: with_lifeline(PlanIOManager())})


def _to_op(given: Mapping[str, object], *, quietly: bool) -> Mapping[str, object]:
    """Return the config of the whole run; quietly, nothing is logged on the terminal, where the caller speaks."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return {"ops": {_OP: {"config": given}}} | (quiet if quietly else {})


@contextmanager
def _canceled(context: OpExecutionContext, caller: Caller) -> Iterator[None]:
    """Let Dagster end the run as canceled where the caller's user has interrupted it, or wants no more rows."""
    if not caller.cancels:
        yield
        return
    try:
        with interrupted_when_canceled(context.instance, context.run_id):
            yield
    except (DagsterExecutionInterruptedError, ReaderGoneError):
        context.instance.report_run_canceling(context.run)
        raise


def _run(context: OpExecutionContext, request: Request, attempt: Attempt, caller: Caller) -> Delivery:
    progress = ProgressTags(context, caller.on_progress)
    if request.packing.output != STREAM:
        return run(request, context.run_id, progress)
    try:
        return run(request, context.run_id, progress, caller.stream)
    except ReaderGoneError:
        raise
    except ExportError as error:  # rows may have gone out already: another attempt would send them again
        raise attempt.failure(str(error)) from error
