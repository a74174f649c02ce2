"""What every inspection has in common: where the files lie, and what a file is that is not there or was replaced."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from export_pipeline.datasets.checks import Check
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.errors import CorruptFileError, DestinationError, DestinationUnavailableError
from export_pipeline.inspection.finding import Finding, failed
from export_pipeline.inspection.published_file import PublishedFile
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.formats.format import Format
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import Target

Findings = Mapping[Check, Finding]
Checks = Mapping[Check, Callable[[Severity], Finding]]
"""What each check does, given how bad its failure is."""
ChecksOf = Callable[[str, Manifest], Checks]
"""Gives the checks of a partition, which is named by its key."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A dataset's partitions in one format, inspected by the run `run_id`."""

    dataset: Dataset
    partitioning: Partitioning
    destination: Destination
    fmt: Format
    run_id: str

    def file(self, key: str) -> PublishedFile:
        """Return the published file of a partition, which may not be there."""
        return PublishedFile(self.destination, self.target(key))

    def target(self, key: str) -> Target:
        """Return where a partition lies."""
        return Target.of_partition(self.dataset.name, self.fmt, self.partitioning.folder(key))

    def manifest(self, key: str) -> Manifest | str | None:
        """Return the partition's manifest; None where it was never published, a message where it is damaged."""
        try:
            return self.destination.read_manifest(self.target(key))
        except CorruptFileError as error:
            return str(error)

    def inspect(
        self, manifests: Mapping[str, Manifest | str | None], checks_of: ChecksOf, wanted: Collection[Check]
    ) -> dict[str, Findings]:
        """Run the checks `wanted` on each partition, given with what `manifest` returned for it.

        A file that is damaged or gone fails the checks that read it; where there is no manifest, all of them fail.
        Raises: DestinationUnavailableError when a partition was published anew meanwhile, and what the checks raise.
        """
        findings: dict[str, Findings] = {}
        for key, manifest in manifests.items():
            if isinstance(manifest, Manifest):
                findings[key] = self._find(checks_of(key, manifest), wanted)
                if not all(finding.passed for finding in findings[key].values()):
                    self._require_unchanged(key, manifest)
            else:
                said = manifest or f"{self.target(key).manifest} is not there: export the partition"
                findings[key] = {check: failed(self.dataset.severity_of(check), said) for check in wanted}
        return findings

    def _find(self, checks: Checks, wanted: Collection[Check]) -> Findings:
        findings = {}
        for check in wanted:
            severity = self.dataset.severity_of(check)
            try:
                findings[check] = checks[check](severity)
            except (CorruptFileError, DestinationError) as error:
                findings[check] = failed(severity, str(error))
        return findings

    def _require_unchanged(self, key: str, seen: Manifest) -> None:
        """Make sure that a failure was not another run's doing: one that published meanwhile, or is about to."""
        target = self.target(key)
        with self.destination.stage(self.run_id, target) as staging, staging.locked():
            staging.recover()
            if self.manifest(key) != seen:
                raise DestinationUnavailableError(
                    f"{target.data}: was published anew while it was checked; the check is tried again"
                )
