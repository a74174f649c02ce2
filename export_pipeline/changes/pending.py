"""Which partitions have to be exported: the verdicts of a whole dataset, its derived formats included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export_pipeline.changes.scan import Scan, scan
from export_pipeline.changes.verdict import State, Verdict, judge
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.extract.source import Source
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.formats.format import Format
from export_pipeline.write.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Comparison:
    """A look at the source beside what is published: a verdict for every partition asked for."""

    scan: Scan
    verdicts: dict[str, Verdict]

    @property
    def pending(self) -> tuple[str, ...]:
        """The partitions that have to be exported, oldest first."""
        return tuple(key for key, verdict in self.verdicts.items() if verdict.needs_export)


@dataclass(frozen=True, slots=True)
class Published:
    """Where a dataset is published: the format that reads the source, and those derived from it."""

    destination: Destination
    primary: Format
    derived: tuple[Format, ...]


def compare(  # noqa: PLR0913 - what is compared, with what, and how far
    source: Source,
    dataset: Dataset,
    partitioning: Partitioning,
    keys: Sequence[str],
    published: Published,
    *,
    bounded: bool,
) -> Comparison:
    """Compare the partitions `keys` (following each other, oldest first) with what is published.

    Raises: TransientError, PermanentError where the source cannot be scanned.
    """
    primary, *derived = (
        _manifests(published.destination, dataset, fmt) for fmt in (published.primary, *published.derived)
    )
    seen = scan(source, dataset, partitioning, keys, bounded=bounded)
    verdicts = {}
    for key in keys:
        folder = partitioning.folder(key)
        verdict = judge(primary.get(folder), seen.partitions[key], seen.identity, dataset.fingerprint)
        if not verdict.needs_export:
            verdict = _judge_derived(primary[folder], [manifests.get(folder) for manifests in derived]) or verdict
        verdicts[key] = verdict
    return Comparison(seen, verdicts)


def _manifests(destination: Destination, dataset: Dataset, fmt: Format) -> Mapping[str, Manifest]:
    return destination.list_manifests(dataset.name, fmt)


def _judge_derived(primary: Manifest, derived: Sequence[Manifest | None]) -> Verdict | None:
    """Return a verdict where a derived file is missing or was made of another Parquet file."""
    for manifest in derived:
        if manifest is None:
            return Verdict(State.MISSING, "a format derived from Parquet was never published")
        if manifest.source_export_id != primary.run_id or manifest.snapshot != primary.snapshot:
            return Verdict(State.CHANGED, f"{manifest.format} is derived from an older export")
    return None
