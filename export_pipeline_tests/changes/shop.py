"""Anomalies exported into a folder, and looks at what changed since: what the tests of change detection share."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from export_pipeline.changes.pending import Comparison, Published, compare
from export_pipeline.changes.verdict import Verdict
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.source import Source
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.flows.running import DAYS, PARTITIONING, Exporter

ANOMALIES = DATASETS["anomalies"]


@dataclass(frozen=True, slots=True)
class Shop:
    """Exports by `exporter`, and looks at its source."""

    exporter: Exporter

    def export(self, *days: str) -> None:
        for day in days:
            self.exporter.run(day)

    def look(
        self, *derived: str, dataset: Dataset | None = None, bounded: bool = True, zone: str = "UTC"
    ) -> Comparison:
        formats = tuple(FORMATS[name] for name in derived)
        published = Published(open_destination(str(self.exporter.root)), FORMATS["parquet"], formats)
        source, wanted = Source(self.exporter.url), dataset or self.exporter.dataset
        partitioning = replace(PARTITIONING, zone=zone)
        return compare(source, wanted, partitioning, DAYS, published, bounded=bounded)

    def verdict(self, *derived: str, day: str = DAYS[1]) -> Verdict:
        return self.look(*derived).verdicts[day]

    def change_manifest(self, day: str, change: Callable[[dict[str, dict[str, object]]], None]) -> None:
        path = self.exporter.root / self.exporter.target(day).manifest
        manifest = json.loads(path.read_bytes())
        change(manifest)
        path.write_text(json.dumps(manifest), encoding="utf-8")
