"""The job `delete_exports`, for the UI, for GraphQL, and for the schedule that keeps exports for so many days only."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from dagster import (
    Config,
    ConfigMapping,
    DefaultScheduleStatus,
    Failure,
    JobDefinition,
    MetadataValue,
    OpExecutionContext,
    RunRequest,
    ScheduleDefinition,
    SkipReason,
    job,
    op,
    schedule,
)
from pydantic import Field

from export_pipeline.defs.exports.deleting import Removal, Remover
from export_pipeline.defs.exports.durations import parse_duration
from export_pipeline.defs.retries import Attempt, retries_by_error_class
from export_pipeline.defs.tables import markdown
from export_pipeline.settings import Settings

DELETE_JOB: Final = "delete_exports"
REMOVALS: Final = "removals"
"""The metadata that says, as JSON, what was removed."""

_OP: Final = "delete"  # not the job's name, which is that of its graph


class DeleteExportsConfig(Config):
    """Which one-off exports to delete; partitions are never touched."""

    ids: list[str] = Field(default=[], description="Export ids, or at least their first four characters")
    older_than: str = Field(
        default="", description="Also all that ended longer ago than this: 12h, 7d, 2w; empty for none"
    )
    dry_run: bool = Field(default=False, description="Only say what would be deleted")


def delete_exports_job(settings: Settings) -> JobDefinition:
    """Return the job; a run that is told nothing to delete fails."""

    @op(name=_OP, description="Deletes the files of one-off exports, and notes it at their runs.")
    def delete(context: OpExecutionContext, config: DeleteExportsConfig) -> None:
        with retries_by_error_class(Attempt(context.instance, context.run_id, context.retry_number)):
            removals = _removals(Remover(context.instance, settings.destination), config)
        for one in removals:
            context.log.info("%s %s: %s", "would delete" if config.dry_run else "deleted", one.id, one.why)
        context.add_output_metadata(
            {
                REMOVALS: MetadataValue.json([asdict(one) for one in removals]),
                "table": MetadataValue.md(_table(removals)),
                "dry_run": config.dry_run,
            }
        )

    @job(
        name=DELETE_JOB,
        description="Delete one-off exports by id or by age. Partitions are never touched.",
        config=ConfigMapping(
            lambda given: {"ops": {_OP: {"config": given}}}, config_schema=DeleteExportsConfig.to_fields_dict()
        ),
    )
    def delete_exports() -> None:
        delete()

    return delete_exports


def retention_schedule(settings: Settings) -> ScheduleDefinition:
    """Return the daily schedule that deletes exports older than EXPORT_RETENTION_DAYS; it is on where that is set."""
    days = settings.retention_days

    @schedule(
        name="exports_retention",
        job_name=DELETE_JOB,
        cron_schedule="40 3 * * *",
        default_status=DefaultScheduleStatus.RUNNING if days else DefaultScheduleStatus.STOPPED,
        description=f"Deletes one-off exports that are older than {days} days."
        if days
        else "Would delete old one-off exports; EXPORT_RETENTION_DAYS is not set, so all are kept.",
    )
    def evaluate() -> RunRequest | SkipReason:
        if days is None:
            return SkipReason("EXPORT_RETENTION_DAYS is not set: exports are kept")
        return RunRequest(run_config={"older_than": f"{days}d"})

    return evaluate


def _removals(remover: Remover, config: DeleteExportsConfig) -> Sequence[Removal]:
    """Remove what the config says. Raises: ExportError, Failure where it says nothing."""
    if not config.ids and not config.older_than:
        raise Failure("nothing to delete: give `ids`, or `older_than` such as 7d", allow_retries=False)
    age = parse_duration("older_than", config.older_than) if config.older_than else None
    return remover.remove(config.ids, age, dry_run=config.dry_run)


def _table(removals: Sequence[Removal]) -> str:
    rows = [f"| {one.id} | {one.bytes:,} | {markdown(one.why)} |" for one in removals]
    return "\n".join(["| export | bytes | |", "| --- | --- | --- |", *rows])
