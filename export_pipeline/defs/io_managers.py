"""One IO manager a format, on one base: storing an asset means running its plan, partition by partition.

`handle_output` receives the plan that the graph's ops made, not data. `load_input` gives a downstream asset what its
annotation asks for. How a plan runs is `flow.py`'s business; what the UI shows of it is `metadata.py`'s.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from dagster import (
    AssetMaterialization,
    Failure,
    InputContext,
    IOManager,
    IOManagerDefinition,
    MetadataValue,
    OutputContext,
    RetryRequested,
)
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import SQLAlchemyError

from export_pipeline.defs.backfill_watch import ended_with_its_backfill
from export_pipeline.defs.lifeline import with_lifeline
from export_pipeline.defs.lineage import lineage_metadata
from export_pipeline.defs.loading import load_as
from export_pipeline.defs.metadata import materialization_metadata
from export_pipeline.defs.plans import PLAN_IO_MANAGER, PlanIOManager
from export_pipeline.defs.progress_log import ProgressLog
from export_pipeline.defs.retries import Attempt, retries_by_error_class
from export_pipeline.errors import PermanentError
from export_pipeline.flow import ExportJob, Outcome, export
from export_pipeline.plan import ExportPlan, Origin
from export_pipeline.progress import OnProgress
from export_pipeline.settings import PRIMARY_FORMAT, Settings
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target

_Facts = dict[str, Mapping[str, MetadataValue]]
"""What is known of each partition that is published, by key."""


class _Step(NamedTuple):
    run_id: str
    step_key: str


class PublishingIOManager(IOManager):
    """Stores an `ExportPlan` by running it into files of one format; loads what is published."""

    def __init__(self, fmt: Format, settings: Settings, on_progress: OnProgress) -> None:
        self._format = fmt
        self._settings = settings
        self._on_progress = on_progress
        self._earlier: dict[_Step, _Facts] = {}
        """What a step published before it was to be tried again; another process simply publishes it again."""

    def handle_output(self, context: OutputContext, obj: ExportPlan) -> None:
        """Publish every partition of the run by itself, in order; each one is recorded, whatever the others do.

        Raises: Failure (no retry would help) or RetryRequested, once every partition had its turn.
        """
        step = _Step(context.run_id, context.step_key)
        facts = self._earlier.pop(step, {})
        instance, run = context.step_context.instance, context.step_context.dagster_run
        try:
            with ended_with_its_backfill(instance, run):
                self._publish_all(context, obj, facts)
        except RetryRequested:
            self._earlier[step] = facts  # the next attempt records them
            raise
        except (SQLAlchemyError, DagsterPostgresException):  # Dagster's storage was away: the run is begun again
            raise
        except BaseException:  # a Failure, a defect of ours, or somebody terminated the run
            _record(context, facts)
            raise
        for key, metadata in facts.items():
            context.step_context.add_asset_metadata(metadata, asset_key=context.asset_key, partition_key=key)

    def load_input(self, context: InputContext) -> object:
        """Return what the input's annotation asks for: ExportPlan, pandas, Polars, an Arrow table or reader."""
        suffix = "" if self._format.name == PRIMARY_FORMAT else f"_{self._format.name}"  # as in assets.py
        dataset = self._settings.dataset(context.asset_key.path[-1].removesuffix(suffix))
        wanted = context.dagster_type.typing_type
        if wanted is ExportPlan:
            return ExportPlan.published(dataset)
        targets = [self._target(dataset.name, key, self._format) for key in context.asset_partition_keys]
        try:
            return load_as(wanted, self._settings.destination, targets, self._format)
        except PermanentError as error:
            raise Failure(str(error), allow_retries=False) from error

    def _publish_all(self, context: OutputContext, plan: ExportPlan, facts: _Facts) -> None:
        """Publish the partitions that `facts` does not have yet, and add them."""
        troubles: list[Failure | RetryRequested] = []
        for key in _partition_keys(context):
            if key in facts:
                continue
            try:
                with retries_by_error_class(_attempt(context)):
                    outcome = self._publish(context, plan, key)
            except (Failure, RetryRequested) as trouble:
                context.log.error("%s", trouble.__cause__)  # noqa: TRY400 - the message says it; the step keeps the trace
                troubles.append(trouble)
            else:
                described = materialization_metadata(outcome, plan.dataset)
                facts[key] = {**described, **lineage_metadata(plan.dataset, self._format)}
        if troubles:
            raise _gravest(troubles, _attempt(context))

    def _publish(self, context: OutputContext, plan: ExportPlan, key: str) -> Outcome:
        target = partial(self._target, plan.dataset.name, key)
        job = ExportJob(
            source=self._settings.source,
            destination=self._settings.destination,
            target=target(self._format),
            fmt=self._format,
            window=self._settings.partitioning_of(plan.dataset.name).window(key),
            run_id=context.run_id,
            primary=target(FORMATS[PRIMARY_FORMAT]) if plan.origin is Origin.PUBLISHED else None,
        )
        progress = ProgressLog(context, key, self._on_progress)
        outcome = export(plan, job, progress)
        progress.published(outcome)
        for warning in outcome.warnings:
            context.log.warning("%s: %s", job.where, warning)
        return outcome

    def _target(self, dataset: str, key: str, fmt: Format) -> Target:
        return Target.of_partition(dataset, fmt, self._settings.partitioning_of(dataset).folder(key))


def io_managers(settings: Settings, on_progress: OnProgress) -> Mapping[str, IOManagerDefinition]:
    """Return an IO manager for every format, by the key that assets name, and the one for the plans between ops."""
    publishing = {
        io_manager_key(fmt): PublishingIOManager(fmt, settings, on_progress)
        for fmt in FORMATS.values()
        if not fmt.is_one_off
    }
    managers: dict[str, IOManager] = {PLAN_IO_MANAGER: PlanIOManager(), **publishing}
    return {key: with_lifeline(manager) for key, manager in managers.items()}


def io_manager_key(fmt: Format) -> str:
    """Return the resource key of a format's IO manager."""
    return f"{fmt.name}_io_manager"


def _attempt(context: OutputContext) -> Attempt:
    step = context.step_context
    return Attempt(step.instance, step.run_id, step.previous_attempt_count)


def _partition_keys(context: OutputContext) -> Sequence[str]:
    """Return the run's partitions. Raises: Failure when it has none."""
    if not context.has_asset_partitions or not context.asset_partition_keys:
        # Re-execution through Dagster's Python API drops the partition's tag.
        raise _attempt(context).failure("this run names no partition; launch it from the partition's page")
    return context.asset_partition_keys


def _record(context: OutputContext, facts: _Facts) -> None:
    """Record the partitions that were published although the step as a whole fails."""
    for key, metadata in facts.items():
        context.log_event(AssetMaterialization(context.asset_key, partition=key, metadata=metadata))


def _gravest(troubles: list[Failure | RetryRequested], attempt: Attempt) -> Failure | RetryRequested:
    """Return a retry where any partition asks for one: what fails for good does so again then."""
    retries = [trouble for trouble in troubles if isinstance(trouble, RetryRequested)]
    if retries or len(troubles) == 1:
        return (retries or troubles)[0]
    return attempt.failure("; ".join(str(trouble) for trouble in troubles))
