"""Exports a dataset whole, past the partitions: what the tests of any table and of relations share."""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.of_table import dataset_of_table
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.selection import Window
from export_pipeline.extract.source import Source
from export_pipeline.flow import ExportJob, Outcome, export
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy, Level
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target

EVERYTHING = Window()


@dataclass(frozen=True, slots=True)
class OneOff:
    """Exports from the database at `url` into the folder `root`."""

    url: str = field(repr=False)
    root: Path

    def table(self, name: str, time_column: str | None = None) -> Dataset:
        with Source(self.url).asking() as cursor:
            return dataset_of_table(cursor, TableName.parse(name), time_column)

    def run(
        self,
        dataset: Dataset,
        format_name: str = "jsonl",
        window: Window = EVERYTHING,
        limit: int | None = None,
    ) -> tuple[Path, Outcome]:
        """Return the file and what is known of it."""
        fmt, run_id = FORMATS[format_name], secrets.token_hex(8)
        plan = replace(ExportPlan.whole(dataset, BatchLimits(), CheckPolicy(Level.STRICT)), limit=limit)
        target = Target.of_export(run_id, dataset.name, fmt)
        job = ExportJob(Source(self.url), open_destination(str(self.root)), target, fmt, window, run_id)
        return self.root / target.data, export(plan, job)
