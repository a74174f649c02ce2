"""The job `export`: any rows, columns and format, now. Its config is what `on_demand/fields.py` describes.

The id of an export is the id of its run. What it exports, and how far it is, stands in the run's tags, which lists and
searches show without reading the run's events.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from dagster import Config, Definitions, JobDefinition, Nothing, OpExecutionContext, Out, job, op
from pydantic import create_model

from export_pipeline.defs.lifeline import with_lifeline
from export_pipeline.defs.on_demand_metadata import delivery_metadata, preview_metadata
from export_pipeline.defs.on_demand_tags import ProgressTags, request_tags, result_tags
from export_pipeline.defs.plans import PLAN_IO_MANAGER, PlanIOManager
from export_pipeline.defs.pools import SOURCE_POOL
from export_pipeline.defs.retries import Attempt, retries_by_error_class
from export_pipeline.errors import ExportError
from export_pipeline.on_demand.fields import RequestFields, fields_of
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.preview import Preview, preview
from export_pipeline.on_demand.request import Request, request_of
from export_pipeline.on_demand.run import Delivery, run
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.settings import Settings

JOB: Final = "export"
_EXAMPLE: Final = {"datasets": ["logs"], "start": "2026-11-20", "end": "2026-11-21", "format": "csv"}


@dataclass(frozen=True, slots=True)
class Caller:
    """What a process that runs the job itself wants of it: to see its progress and its results.

    `stream` is what the output `-` means; there is none where nobody waits for the run.
    """

    on_progress: OnProgress = ignore_progress
    on_delivery: Callable[[Delivery], None] = lambda _: None
    on_preview: Callable[[Sequence[Preview]], None] = lambda _: None
    stream: BinaryIO | None = None


def on_demand_job(settings: Settings, caller: Caller = Caller()) -> JobDefinition:  # noqa: B008 - frozen
    """Return the job."""

    @op(
        name=JOB,
        description="Reads one snapshot of each dataset or table, and publishes all of it below exports/{run id}/, or "
        "nothing. A wrong config fails before anything is connected, with all of its mistakes.",
        out=Out(Nothing, io_manager_key=PLAN_IO_MANAGER),
        pool=SOURCE_POOL,
    )
    def export(context: OpExecutionContext, config: request_config()) -> None:  # type: ignore[valid-type] # made of the fields
        attempt = Attempt(context.instance, context.run_id, context.retry_number)
        with retries_by_error_class(attempt):
            request = request_of(fields_of(_given(context)), settings)
            context.instance.add_run_tags(context.run_id, request_tags(request))
            if request.fields.preview is not None:
                previews = preview(request, context.run_id)
                caller.on_preview(previews)
                context.add_output_metadata(preview_metadata(previews))
                return
            delivery = _run(context, request, attempt, caller)
        for warning in delivery.warnings:
            context.log.warning("%s", warning)
        context.instance.add_run_tags(context.run_id, result_tags(delivery))
        context.add_output_metadata(delivery_metadata(delivery))
        caller.on_delivery(delivery)

    @job(
        name=JOB,
        description="Export now: any rows and columns of datasets or tables, in any format, into one folder of its own.",
        config={"ops": {JOB: {"config": _EXAMPLE}}},
    )
    def export_now() -> None:
        export()

    return export_now


def on_demand_definitions(job_definition: JobDefinition) -> Definitions:
    """Return the job with what it needs, for a process that runs nothing else."""
    return Definitions(jobs=[job_definition], resources={PLAN_IO_MANAGER: with_lifeline(PlanIOManager())})


def request_config() -> type[Config]:
    """Return the launchpad's config: the fields of a request, with their defaults and descriptions."""
    fields: dict[str, Any] = {name: (one.annotation, one) for name, one in RequestFields.model_fields.items()}
    return create_model("ExportConfig", __base__=Config, **fields)


def _given(context: OpExecutionContext) -> Mapping[str, object]:
    """Return what the run was given, without the fields that were left out: a preset may fill in those."""
    given: Mapping[str, object] = context.run.run_config["ops"][JOB]["config"]
    return given


def _run(context: OpExecutionContext, request: Request, attempt: Attempt, caller: Caller) -> Delivery:
    progress = ProgressTags(context, caller.on_progress)
    if request.packing.output != STREAM:
        return run(request, context.run_id, progress)
    try:
        return run(request, context.run_id, progress, caller.stream)
    except ExportError as error:  # rows may have gone out already: another attempt would send them again
        raise attempt.failure(str(error)) from error
