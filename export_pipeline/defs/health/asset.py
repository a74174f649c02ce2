"""The asset `health`: everything that `examine.py` finds, as figures that the UI plots; and what makes it run.

Its schedule is off by default: each look is a run of its own, of two seconds and some 60 rows of event log.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Final

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

from export_pipeline.defs.findings import findings_table
from export_pipeline.defs.health.examine import examine
from export_pipeline.defs.health.reading import Reading
from export_pipeline.preflight.finding import Finding, State
from export_pipeline.settings import Settings

NAME: Final = "health"
CHECK: Final = "nothing_failed"


def health_asset(settings: Settings) -> AssetsDefinition:
    """Return the asset that looks at the installation; it reads the storage and writes nothing but its metadata."""

    @asset(
        name=NAME,
        group_name="operations",
        description="Queue, daemon, failures, freshness, disks and databases: what `export-pipeline health` shows.",
        check_specs=[AssetCheckSpec(CHECK, asset=NAME, description="No part of the installation is marked ✗.")],
    )
    def health(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        readings = examine(settings, lambda: nullcontext(context.instance))
        yield MaterializeResult(metadata=_metadata(readings))
        yield _verdict([reading.finding for reading in readings])

    return health


def health_schedule() -> ScheduleDefinition:
    """Return the schedule of the asset, and with it its job."""
    job = define_asset_job(f"{NAME}_job", selection=[NAME], description="Look at the installation, as the asset says.")
    return ScheduleDefinition(
        name=NAME,
        job=job,
        cron_schedule="*/15 * * * *",
        description="Looks at the installation every quarter of an hour.",
    )


def _metadata(readings: Sequence[Reading]) -> dict[str, MetadataValue]:
    figures = {name: figure for reading in readings for name, figure in reading.figures.items()}
    states = [reading.finding.state for reading in readings]
    counts = {"failed_findings": states.count(State.FAILED), "warnings": states.count(State.WARNING)}
    return {"findings": findings_table([reading.finding for reading in readings])} | {
        name: MetadataValue.int(figure) if isinstance(figure, int) else MetadataValue.float(round(figure, 1))
        for name, figure in (counts | figures).items()
    }


def _verdict(findings: Sequence[Finding]) -> AssetCheckResult:
    bad = [finding for finding in findings if finding.state is State.FAILED]
    return AssetCheckResult(
        check_name=CHECK,
        passed=not bad,
        severity=AssetCheckSeverity.ERROR,
        description="; ".join(f"{finding.subject}: {finding.found}" for finding in bad) or "nothing has failed",
    )
