"""Runs jobs of the project on a real instance, and reads what the event log says of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dagster import (
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
)

from export_pipeline.definitions import build_definitions
from export_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.settings import Settings
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Project:
    """The project under test: its settings, and the instance that its runs are recorded in."""

    settings: Settings
    instance: DagsterInstance
    on_progress: OnProgress = ignore_progress

    @property
    def definitions(self) -> Definitions:
        return build_definitions(self.settings, self.on_progress)

    def with_settings(self, **changed: object) -> "Project":
        kept = {name: getattr(self.settings, name) for name in self.settings.model_fields_set}
        return replace(self, settings=Settings.load(**(kept | changed)))

    def run(
        self,
        dataset: str = "logs",
        *,
        partition: str | None = None,
        span: tuple[str, str] | None = None,
        assets: list[str] | None = None,
        config: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ExecuteInProcessResult:
        """Run the dataset's job for a partition, or for the partitions of `span`, in this process."""
        return self.definitions.resolve_job_def(f"{dataset}_job").execute_in_process(
            instance=self.instance,
            partition_key=partition,
            tags={**(tags or {}), **({RANGE_START_TAG: span[0], RANGE_END_TAG: span[1]} if span else {})},
            asset_selection=[AssetKey(name) for name in assets] if assets else None,
            run_config={"ops": {dataset: {"config": config}}} if config else None,
            raise_on_error=False,
        )

    def materializations(self, result: ExecuteInProcessResult, asset: str) -> dict[str, AssetMaterialization]:
        """Return what the event log keeps of each partition that the run published: one record, never two."""
        entries = self.instance.all_logs(result.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)
        events = [entry.get_dagster_event() for entry in entries]
        found = [
            event.step_materialization_data.materialization for event in events if event.asset_key == AssetKey(asset)
        ]
        counted = Counter(record.partition for record in found)
        assert set(counted.values()) <= {1}, counted
        return {str(record.partition): record for record in found}

    def manifests(self, dataset: str = "logs", fmt: str = "parquet") -> Mapping[str, Manifest]:
        """Return what is published, by the partition's folder."""
        return self.settings.destination.list_manifests(dataset, FORMATS[fmt])


def figures(record: AssetMaterialization | AssetObservation) -> dict[str, Any]:
    """Return the record's metadata as plain values; Any, because each entry has a type of its own."""
    return {name: entry.value for name, entry in record.metadata.items()}


def failures(result: ExecuteInProcessResult) -> dict[str, str]:
    """Return what the failed steps say, by step; a step that never ran because of another is left out."""
    return {
        str(event.step_key): event.step_failure_data.error.message
        for event in result.all_events
        if event.is_step_failure and event.step_failure_data.error is not None
    }


def retries(result: ExecuteInProcessResult) -> int:
    """Return how often a step of the run was to be tried again."""
    return sum(event.event_type is DagsterEventType.STEP_UP_FOR_RETRY for event in result.all_events)
