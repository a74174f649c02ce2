"""The standing check of every dataset: no partition's last attempt has failed.

A failed run is red in the list of runs for as long as it is among the newest; this stays red until the partition was
published. A sensor evaluates it without starting a run; "Execute" on the check's page does so at once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    DagsterInstance,
    DefaultSensorStatus,
    MetadataValue,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    asset_check,
    sensor,
)

from export_pipeline.defs.failed_attempts import FailedAttempt, failed_attempts, first_line_of_error
from export_pipeline.defs.jobs import LAST_ATTEMPTS, asset_key, asset_keys
from export_pipeline.defs.tables import markdown
from export_pipeline.settings import PRIMARY_FORMAT, Settings

_EVERY_S: Final = 900
_MOST_SHOWN: Final = 20


class Finding(NamedTuple):
    """What the check says of one dataset."""

    passed: bool
    description: str
    metadata: dict[str, MetadataValue]


def last_attempts_check(dataset: str, settings: Settings) -> AssetChecksDefinition:
    """Return the check of one dataset, of all its formats together."""

    @asset_check(
        asset=asset_key(dataset, PRIMARY_FORMAT),
        name=LAST_ATTEMPTS,
        description="No partition's last attempt has failed. Lists those that did, with their error and their run.",
    )
    def check(context: AssetCheckExecutionContext) -> AssetCheckResult:
        found = judge(context.instance, dataset, settings)
        return AssetCheckResult(passed=found.passed, description=found.description, metadata=found.metadata)

    return check


def last_attempts_sensor(settings: Settings) -> SensorDefinition:
    """Return the sensor that evaluates the check of every dataset, and stores what is new."""

    @sensor(
        name="last_attempts",
        minimum_interval_seconds=_EVERY_S,
        default_status=DefaultSensorStatus.RUNNING,
        description="Keeps the check `last_attempts` of every dataset up to date.",
    )
    def evaluate(context: SensorEvaluationContext) -> SensorResult:
        found = {dataset.name: judge(context.instance, dataset.name, settings) for dataset in settings.enabled_datasets}
        said = "; ".join(f"{name}: {finding.description}" for name, finding in found.items())
        # Stored when it changed, and once a day to show that somebody looks.
        seen = sha256(f"{datetime.now(UTC):%Y-%m-%d} {found}".encode()).hexdigest()
        events = [] if seen == context.cursor else [_evaluation(name, finding) for name, finding in found.items()]
        return SensorResult(skip_reason=said, cursor=seen, asset_events=events)

    return evaluate


def judge(instance: DagsterInstance, dataset: str, settings: Settings) -> Finding:
    """Look for partitions of the dataset, in any format, whose last attempt failed."""
    failed = failed_attempts(instance, asset_keys(dataset, settings.formats_of(dataset)))
    if not failed:
        return Finding(passed=True, description="no partition's last attempt failed", metadata={})
    partitions = sorted({attempt.partition for attempt in failed})
    listed = ", ".join(partitions[-3:])
    description = f"{len(partitions)} partitions' last attempt failed, the latest are {listed}"
    if len(partitions) == 1:
        description = f"the last attempt at {listed} failed"
    return Finding(
        passed=False,
        description=description,
        metadata={
            "failed_partitions": MetadataValue.int(len(partitions)),
            "attempts": MetadataValue.md(_table(instance, failed[:_MOST_SHOWN])),
        },
    )


def _table(instance: DagsterInstance, failed: Sequence[FailedAttempt]) -> str:
    errors = {run_id: first_line_of_error(instance, run_id) for run_id in {attempt.run_id for attempt in failed}}
    lines = ["| asset | partition | when (UTC) | error | run |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {markdown(one.asset.path[-1])} | {one.partition} | {one.when:%Y-%m-%d %H:%M} "
        f"| {markdown(errors[one.run_id])} | [{one.run_id[:8]}](/runs/{one.run_id}) |"
        for one in failed
    ]
    return "\n".join(lines)


def _evaluation(dataset: str, finding: Finding) -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=asset_key(dataset, PRIMARY_FORMAT),
        check_name=LAST_ATTEMPTS,
        passed=finding.passed,
        description=finding.description,
        metadata=finding.metadata,
    )
