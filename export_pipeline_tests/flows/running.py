"""Runs the flow as its callers do, for the tests: one partition of a dataset, from a URL into a folder."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.source import Source
from export_pipeline.flow import ExportJob, Outcome, export
from export_pipeline.plan import ExportPlan
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.schemas.policy import CheckPolicy, Level
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target

PARTITIONING = Partitioning(date(2026, 11, 18))
DAYS = ("2026-11-18", "2026-11-19", "2026-11-20")
DAY = DAYS[-1]
STRICT = CheckPolicy(Level.STRICT)
PARQUET = FORMATS["parquet"]


@dataclass(frozen=True, slots=True)
class Exporter:
    """Exports from the database at `url` into the folder `root`."""

    url: str = field(repr=False)
    root: Path
    dataset: Dataset = DATASETS["logs"]
    policy: CheckPolicy = STRICT
    limits: BatchLimits = BatchLimits()  # noqa: RUF009 - frozen

    @property
    def plan(self) -> ExportPlan:
        return ExportPlan.whole(self.dataset, self.limits, self.policy)

    def target(self, day: str = DAY, format_name: str = "parquet") -> Target:
        return Target.of_partition(self.dataset.name, FORMATS[format_name], PARTITIONING.folder(day))

    def job(self, day: str = DAY, format_name: str = "parquet") -> ExportJob:
        destination, target = open_destination(str(self.root)), self.target(day, format_name)
        primary = None if format_name == "parquet" else self.target(day)
        window = PARTITIONING.window(day)
        return ExportJob(
            Source(self.url), destination, target, FORMATS[format_name], window, secrets.token_hex(8), primary
        )

    def run(self, day: str = DAY, on_progress: OnProgress = ignore_progress) -> Outcome:
        """Export a day from the database as Parquet."""
        return export(self.plan, self.job(day), on_progress)

    def derive(self, format_name: str, day: str = DAY) -> Outcome:
        """Write the published Parquet file of a day in another format."""
        return export(ExportPlan.published(self.dataset), self.job(day, format_name))

    def file(self, day: str = DAY, format_name: str = "parquet") -> Path:
        """Return where the day's file is published."""
        return self.root / self.target(day, format_name).data


def files_below(root: Path) -> set[str]:
    """Return every file and empty folder below `root`, but for the locks, which stay."""
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if not path.name.endswith(".lock") and not (path.is_dir() and any(path.iterdir()))
    }


def unfinished(root: Path) -> set[str]:
    """Return what an export that is over must not have left: staged files and pending manifests."""
    return {name for name in files_below(root) if name.startswith("_staging") or ".pending-" in name}


def partitions(root: Path, dataset: str, format_name: str) -> Iterator[Path]:
    """Yield the published files of a dataset in one format."""
    yield from sorted((root / dataset / format_name).glob("*/data.*"))
