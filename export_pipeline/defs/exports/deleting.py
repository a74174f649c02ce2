"""Deleting exports: their files first, then the tag on the run, which is kept. Partitions are never touched.

Whatever is cut short in between is done again by the next request: a run without the tag counts as not deleted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dagster import DagsterInstance

from export_pipeline.defs.exports.history import History, Wanted
from export_pipeline.defs.exports.record import DELETED_TAG, ExportRecord, Status
from export_pipeline.defs.exports.stored import ExportFolder, list_folders
from export_pipeline.errors import ConfigError
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.paths import export_folder


@dataclass(frozen=True, slots=True)
class Removal:
    """One export, or a folder that belongs to none, which was removed or is to be, with `bytes` of files.

    `marks` says that its run is to be tagged as deleted.
    """

    id: str
    why: str
    bytes: int
    marks: bool


class Remover:
    """Removes exports of `instance` from `destination`."""

    def __init__(self, instance: DagsterInstance, destination: Destination) -> None:
        self._instance = instance
        self._destination = destination
        self._history = History.of(instance)

    def remove(self, export_ids: Iterable[str], age: timedelta | None, *, dry_run: bool) -> Sequence[Removal]:
        """Remove these exports, and with an age all that is older; return what is removed, or with `dry_run` would be.

        Raises: ConfigError before anything is touched when one is not known or has not ended, ExportError of storage.
        """
        found = [*self._asked_for(export_ids), *(self._older_than(age) if age is not None else ())]
        removals = list({removal.id: removal for removal in found}.values())
        for removal in () if dry_run else removals:
            self._destination.remove_folder(export_folder(removal.id))
            if removal.marks:
                self._instance.add_run_tags(removal.id, {DELETED_TAG: datetime.now(UTC).isoformat(timespec="seconds")})
        return removals

    def _asked_for(self, export_ids: Iterable[str]) -> Sequence[Removal]:
        """Return what deleting these exports removes: nothing of those that are deleted already."""
        records = {record.id: record for record in map(self._history.find, export_ids)}
        require_ended(list(records.values()))
        require_ours(list(records.values()))
        folders = self._folders() if records else {}
        return [
            Removal(one.id, f"{one.status}, {_when(_end(one))}", _bytes(folders, one.id), marks=True)
            for one in records.values()
            if one.status is not Status.DELETED
        ]

    def _older_than(self, age: timedelta) -> Sequence[Removal]:
        """Return the exports that ended longer ago, and the folders as old as that which belong to no export."""
        cutoff = datetime.now(UTC) - age
        records = {record.id: record for record in self._history.each(Wanted())}
        folders = self._folders()  # read last: the folder of an export that begins meanwhile is too young
        ours = [one for one in records.values() if one.status is Status.SUCCEEDED and one.output is None]
        old = [one for one in ours if _end(one) < cutoff]
        return [
            *(Removal(one.id, f"succeeded, {_when(_end(one))}", _bytes(folders, one.id), marks=True) for one in old),
            *_remains(folders, records, cutoff),
        ]

    def _folders(self) -> Mapping[str, ExportFolder]:
        return {folder.export_id: folder for folder in list_folders(self._destination)}


def require_ended(records: Sequence[ExportRecord]) -> None:
    """Refuse to delete what is queued or running. Raises: ConfigError that says how to end it."""
    if live := [record.id for record in records if not record.status.has_ended]:
        raise ConfigError(
            f"still queued or running: {', '.join(live)}; end it first: `export-pipeline cancel {live[0]}`. "
            "Nothing was deleted"
        )


def require_ours(records: Sequence[ExportRecord]) -> None:
    """Refuse to delete what was written somewhere else. Raises: ConfigError."""
    if elsewhere := [f"{record.id} in {record.output}" for record in records if record.output is not None]:
        raise ConfigError(f"written where the request said: {', '.join(elsewhere)}; delete those there yourself")


def _remains(
    folders: Mapping[str, ExportFolder], records: Mapping[str, ExportRecord], cutoff: datetime
) -> Iterator[Removal]:
    """Yield the folders that no run will finish and no export needs: killed processes left them.

    What may be another installation's, or nobody's, is left alone: whole exports and other folders without a run.
    """
    for folder in folders.values():
        run = records.get(folder.export_id)
        is_needed = run is not None and run.status in {Status.QUEUED, Status.RUNNING, Status.SUCCEEDED}
        is_remains = run is not None or (folder.is_ours and not folder.is_whole)
        if folder.newest < cutoff and is_remains and not is_needed:
            yield Removal(folder.export_id, f"left unfinished, {_when(folder.newest)}", folder.bytes, marks=False)


def _bytes(folders: Mapping[str, ExportFolder], export_id: str) -> int:
    return folders[export_id].bytes if export_id in folders else 0


def _end(record: ExportRecord) -> datetime:
    return record.ended_at or record.created_at


def _when(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
