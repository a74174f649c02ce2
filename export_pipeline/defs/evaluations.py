"""Findings as Dagster's evaluations of checks: one a partition and check, with its figures, table and place."""

from collections.abc import Iterator, Mapping, Sequence

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetKey,
    AssetRecordsFilter,
    DagsterInstance,
    MetadataValue,
)

# Without it the UI takes an evaluation for one of an older materialization; it has no public name.
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData

from export_pipeline.defs.tables import failures_table, quality_table
from export_pipeline.inspection.finding import Figure, Finding
from export_pipeline.inspection.inspection import Findings, Inspection
from export_pipeline.schemas.thresholds import Severity, Threshold

_SEVERITIES = {Severity.WARN: AssetCheckSeverity.WARN, Severity.ERROR: AssetCheckSeverity.ERROR}


def evaluations(
    instance: DagsterInstance, asset: AssetKey, inspection: Inspection, findings: Mapping[str, Findings]
) -> Iterator[AssetCheckEvaluation]:
    """Yield the evaluation of every finding.

    `AssetCheckResult`, of which Dagster makes these otherwise, knows no partition in a run of several.
    """
    targets = _materializations(instance, asset, list(findings))
    for partition, of_partition in findings.items():
        uri = MetadataValue.url(inspection.destination.uri(inspection.target(partition).data))
        for check, finding in of_partition.items():
            yield AssetCheckEvaluation(
                asset_key=asset,
                check_name=check.value,
                passed=finding.passed,
                severity=_SEVERITIES[finding.severity],
                description=finding.summary,
                metadata=_metadata(finding, inspection.dataset.thresholds) | {"uri": uri},
                target_materialization_data=targets.get(partition),
                partition=partition,
            )


def _metadata(finding: Finding, thresholds: tuple[Threshold, ...]) -> dict[str, MetadataValue]:
    metadata = {name: _value(figure) for name, figure in finding.figures.items()}
    if finding.quality:
        metadata["quality"] = quality_table(finding.quality, thresholds)
    if finding.failures:
        metadata["failures"] = failures_table(finding.failures)
    return metadata


def _value(figure: Figure) -> MetadataValue:
    if figure is None:
        return MetadataValue.null()
    if isinstance(figure, int):
        return MetadataValue.int(figure)
    return MetadataValue.float(figure) if isinstance(figure, float) else MetadataValue.text(figure)


def _materializations(
    instance: DagsterInstance, asset: AssetKey, partitions: Sequence[str]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    """Return each partition's newest materialization, which its checks are about."""
    # Behind a run that made them all, one query finds them all; what was made anew meanwhile may crowd others out.
    newest = _newest(instance, asset, partitions)
    for missing in set(partitions) - newest.keys():
        newest |= _newest(instance, asset, [missing])
    return newest


def _newest(
    instance: DagsterInstance, asset: AssetKey, partitions: Sequence[str]
) -> dict[str, AssetCheckEvaluationTargetMaterializationData]:
    """Return the newest materialization of those partitions that have one among the newest of all."""
    wanted = AssetRecordsFilter(asset_key=asset, asset_partitions=partitions)
    records = instance.fetch_materializations(wanted, limit=len(partitions)).records
    return {
        str(record.partition_key): AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
        for record in reversed(records)
    }
