"""Which partitions have to be exported: the verdicts of a whole dataset, its derived formats included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
    published_at: dict[str, datetime]
    """When the partition was read from the source last; without those that never were."""
    stale_formats: dict[str, tuple[Format, ...]]
    """The formats to derive anew where the Parquet file itself need not be exported."""

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
        published.destination.list_manifests(dataset.name, fmt) for fmt in (published.primary, *published.derived)
    )
    found = Comparison(scan(source, dataset, partitioning, keys, bounded=bounded), {}, {}, {})
    for key in keys:
        folder = partitioning.folder(key)
        manifest = primary.get(folder)
        verdict = judge(
            manifest, found.scan.partitions[key], found.scan.identity, dataset.fingerprint, partitioning.window(key)
        )
        if manifest is not None:
            found.published_at[key] = manifest.finished_at
        if manifest is not None and not verdict.needs_export:
            others = {fmt: one.get(folder) for fmt, one in zip(published.derived, derived, strict=True)}
            if stale := {fmt: why for fmt, other in others.items() if (why := _judge_derived(manifest, other))}:
                found.stale_formats[key], verdict = tuple(stale), next(iter(stale.values()))
        found.verdicts[key] = verdict
    return found


def _judge_derived(primary: Manifest, derived: Manifest | None) -> Verdict | None:
    """Return a verdict where a derived file is missing or was made of another Parquet file."""
    if derived is None:
        return Verdict(State.MISSING, "a format derived from Parquet was never published")
    if derived.source_export_id != primary.run_id or derived.snapshot != primary.snapshot:
        return Verdict(State.CHANGED, f"{derived.format} is derived from an older export")
    return None
