"""The history of exports: filtered, newest first; and one export by its id, or the beginning of that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from dagster import DagsterInstance

from export_pipeline.defs.exports.record import ExportRecord, Status, is_export, record_of, statuses_of_runs
from export_pipeline.defs.exports.runs import InstanceRuns, Runs
from export_pipeline.errors import ConfigError

SHORTEST_ID: Final = 4
_WHOLE_ID: Final = 36
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which exports: None is any; `since` (aware) is the earliest time of the request."""

    status: Status | None = None
    dataset: str | None = None
    since: datetime | None = None


class History:
    """The exports that `runs` knows."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs

    @classmethod
    def of(cls, instance: DagsterInstance) -> "History":
        """Return the history in the storage of `instance`."""
        return cls(InstanceRuns(instance))

    def list(self, wanted: Wanted, limit: int, before: str | None = None) -> list[ExportRecord]:
        """Return the newest `limit` exports, each with its error; those behind the one with the id `before`."""
        return [self._detailed(record) for record in islice(self.each(wanted, before), limit)]

    def each(self, wanted: Wanted, before: str | None = None) -> Iterator[ExportRecord]:
        """Yield the exports, newest first, without errors: no query for each."""
        statuses = statuses_of_runs(wanted.status) if wanted.status else ()
        while page := self.runs.page(statuses, wanted.since, before, _PAGE):
            for record in map(record_of, filter(is_export, page)):
                if _is_wanted(record, wanted):
                    yield record
            before = page[-1].run_id

    def find(self, export_id: str) -> ExportRecord:
        """Return the export of that id, or the only one whose id begins so. Raises: ConfigError."""
        if len(export_id) < SHORTEST_ID:
            raise ConfigError(f"export id {export_id!r}: give at least its first {SHORTEST_ID} characters")
        run = self.runs.run(export_id)
        if run is not None and not is_export(run):
            raise ConfigError(f"export {export_id}: it was a preview, which has no files")
        if run is None and len(export_id) < _WHOLE_ID:
            matches = list(islice((one for one in self.each(Wanted()) if one.id.startswith(export_id)), 2))
            if len(matches) > 1:
                raise ConfigError(
                    f"export id {export_id!r}: several begin so, such as {matches[0].id} and {matches[1].id}"
                )
            if matches:
                return self._detailed(matches[0])
        if run is None:
            raise ConfigError(f"export {export_id}: there is none of this id; `export-pipeline list` shows them")
        return self._detailed(record_of(run))

    def _detailed(self, record: ExportRecord) -> ExportRecord:
        if record.status is Status.FAILED:
            return replace(record, error=self.runs.error(record.id))
        return record


def _is_wanted(record: ExportRecord, wanted: Wanted) -> bool:
    if wanted.status is not None and record.status is not wanted.status:
        return False
    return wanted.dataset is None or wanted.dataset in record.datasets
