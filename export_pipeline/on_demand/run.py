"""Runs a request: every item through the flow into one outlet, and then all of it is published, or nothing."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from export_pipeline.errors import ConfigError, ExportError
from export_pipeline.extract.source import Source
from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.location import Location, location_of
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.outlets.archive import ArchiveOutlet
from export_pipeline.on_demand.outlets.files import FilesOutlet
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished, Outlet
from export_pipeline.on_demand.outlets.stream import StreamOutlet
from export_pipeline.on_demand.outlets.workbook import WorkbookOutlet
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.record import record_of
from export_pipeline.on_demand.request import Request
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.rejected_rows import RejectedRows
from export_pipeline.row_counts import RowCounts
from export_pipeline.source_rows import open_source_rows
from export_pipeline.stages import StageProfile
from export_pipeline.streaming import Watch, pour
from export_pipeline.write.paths import export_folder, export_record


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one export published, and what it found."""

    export_id: str
    files: Sequence[DeliveredFile]
    finished: Sequence[Finished]

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(one.rows for one in self.finished)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)

    @property
    def warnings(self) -> list[str]:
        """What somebody should know, each with its dataset."""
        return [f"{one.item.name}: {warning}" for one in self.finished for warning in one.account.warnings]


def run(
    request: Request, export_id: str, on_progress: OnProgress = ignore_progress, stream: BinaryIO | None = None
) -> Delivery:
    """Export everything that is asked for; `stream` is what the output `-` means.

    Raises: TransientError, PermanentError. After either nothing of it is left where readers look; a stream keeps what
    has gone out.
    """
    origin = Origin(export_id, datetime.now(UTC))
    source = request.settings.source
    items = request.items(source, origin)
    if request.packing.output == STREAM:
        return _into(_stream_outlet(request, stream), items, source, origin, on_progress)
    location = location_of(request, export_id)
    try:
        delivery = _into(_outlet(request, location, items, origin), items, source, origin, on_progress)
        if not location.is_output:
            record = record_of(request, origin, delivery.files, delivery.finished)
            location.destination.put(export_record(export_id), record)
    except BaseException:
        _clear(location)
        raise
    return delivery


def _into(outlet: Outlet, items: Sequence[Item], source: Source, origin: Origin, on_progress: OnProgress) -> Delivery:
    with outlet.opened():
        finished = [_take(outlet, item, source, origin.export_id, on_progress) for item in items]
        files = outlet.publish(finished)
    return Delivery(origin.export_id, files, finished)


def _take(outlet: Outlet, item: Item, source: Source, export_id: str, on_progress: OnProgress) -> Finished:
    """Take all rows of one item into the outlet. Raises: ReconciliationError when one is lost or doubled."""
    plan, where, begun = item.plan, f"{item.name} one-off", datetime.now(UTC)
    intake, profile, schema = outlet.intake(item), StageProfile(), plan.published_schema
    writer = intake.open(schema)
    rejected = RejectedRows(intake.open_quarantine, plan.source_schema)
    with open_source_rows(plan, source, item.window, where, rejected) as rows:
        rows.account.counts = RowCounts.of(plan.dataset, schema, item.window)
        written = pour(rows, writer, (item.name, "", export_id), Watch(profile, on_progress))
    rows.settle()
    rows.account.require_complete(where, written)
    return Finished(item, export_id, rows.account, written, (begun, datetime.now(UTC)), profile.seconds)


def _outlet(request: Request, location: Location, items: Sequence[Item], origin: Origin) -> Outlet:
    packing = request.packing
    if packing.is_workbook:
        return WorkbookOutlet(location, request, items, origin)
    if packing.is_zip:
        return ArchiveOutlet(location, packing, items, origin)
    return FilesOutlet(location, packing)


def _stream_outlet(request: Request, stream: BinaryIO | None) -> StreamOutlet:
    if stream is None:
        raise ConfigError("output: `-` is for the command line; name a file, or leave it out")
    return StreamOutlet(stream, request.packing)


def _clear(location: Location) -> None:
    """Remove what was published already; where that fails too, a later clean-up finds it without its record.

    Of a folder of the user's, the outlet has done so; what is left of it are folders that were made for it.
    """
    if location.is_output:
        for folder in location.made:
            with suppress(OSError):  # somebody else has put something into it
                folder.rmdir()
        return
    with suppress(ExportError):
        location.destination.remove_folder(export_folder(location.export_id))
