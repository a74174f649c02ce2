"""Inspects the Parquet files: each beside its manifest, its declaration and one look at the source."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final

from export_pipeline.datasets.checks import Check
from export_pipeline.extract.source import Source
from export_pipeline.inspection.checksum import check_content
from export_pipeline.inspection.finding import Finding
from export_pipeline.inspection.freshness import check_freshness
from export_pipeline.inspection.inspection import Checks, Findings, Inspection
from export_pipeline.inspection.quality import check_quality
from export_pipeline.inspection.reconciliation import StoredRows, check_reconciliation, is_same, why_incomparable
from export_pipeline.inspection.schema import check_schema
from export_pipeline.inspection.source_look import SourceLook, look_at_source
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.manifest import Manifest

PRIMARY_CHECKS: Final = tuple(Check)


def inspect_primary(
    inspection: Inspection, source: Source, keys: Sequence[str], wanted: Collection[Check]
) -> dict[str, Findings]:
    """Run the checks `wanted` on the partitions `keys`, which follow each other, oldest first.

    The source is asked once for all of them, and only where a check needs it. Raises: TransientError, PermanentError
    where source or storage cannot be read: that says nothing about the data.
    """
    # Read before the source is looked at, so that they are of earlier snapshots.
    manifests = {key: inspection.manifest(key) for key in keys}
    horizons = {key: found.snapshot.xmin if isinstance(found, Manifest) else 0 for key, found in manifests.items()}
    look = cache(lambda: look_at_source(source, inspection.dataset, inspection.partitioning, horizons))
    return inspection.inspect(
        manifests, lambda key, manifest: _Partition(inspection, key, manifest, look).checks, wanted
    )


@dataclass(frozen=True, slots=True)
class _Partition:
    inspection: Inspection
    key: str
    manifest: Manifest
    look: Callable[[], SourceLook]

    @property
    def checks(self) -> Checks:
        return {
            Check.SCHEMA: self._schema,
            Check.QUALITY: lambda _: check_quality(self.manifest, self.inspection.dataset.thresholds),
            Check.RECONCILIATION: self._reconciliation,
            Check.CHECKSUM: lambda severity: check_content(self.inspection.file(self.key), self.manifest, severity),
            Check.FRESHNESS: self._freshness,
        }

    def _schema(self, severity: Severity) -> Finding:
        found = self.inspection.file(self.key).footer().schema
        return check_schema(self.look(), found, self.inspection.dataset.published_schema, severity)

    def _reconciliation(self, severity: Severity) -> Finding:
        file, look = self.inspection.file(self.key), self.look()
        stored = StoredRows(file.footer().rows, file.quarantined_rows() if self.manifest.quarantined_count else 0)
        return check_reconciliation(self.manifest, stored, look.counts.get(self.key), self._incomparable(), severity)

    def _freshness(self, severity: Severity) -> Finding:
        window = self.inspection.partitioning.window(self.key)
        count = self.look().counts.get(self.key)
        same = count is not None and not self._incomparable() and is_same(self.manifest, count)
        return check_freshness(self.manifest, window, datetime.now(UTC), severity, is_same_as_source=same)

    def _incomparable(self) -> str | None:
        window = self.inspection.partitioning.window(self.key)
        return why_incomparable(self.manifest, self.look(), self.inspection.dataset, window)
