"""A file a dataset, or several where it is split; each one staged, checked and published as a partition's is."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.location import Location
from export_pipeline.on_demand.outlets.older_parts import remove_older_parts
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished
from export_pipeline.on_demand.outlets.parts import Limits, PartsWriter
from export_pipeline.on_demand.outlets.retraction import retract
from export_pipeline.on_demand.packing import Packing
from export_pipeline.write.destinations.destination import Staging
from export_pipeline.write.formats.format import BatchWriter
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.paths import Target
from export_pipeline.write.publish import publish


@dataclass(slots=True)
class _StagedFile:
    staging: Staging
    target: Target
    sink: HashingSink
    rows: int = 0


class FilesOutlet:
    """Stages the files of all items before it publishes the first."""

    def __init__(self, location: Location, packing: Packing) -> None:
        self._location = location
        self._packing = packing
        self._stack = ExitStack()
        self._staged: dict[str, list[_StagedFile]] = {}
        self._begun: list[tuple[Staging, Target]] = []

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the staged files while the block runs."""
        with self._stack:
            try:
                yield
            except BaseException:
                retract(self._location, self._begun)
                raise

    def intake(self, item: Item) -> "FileIntake":
        """Return what takes the rows of `item`."""
        staged = self._staged.setdefault(item.name, [])
        return FileIntake(self, item, staged)

    def stage(self, item: Item, number: int) -> _StagedFile:
        """Stage file `number`, from 1 on, of the item."""
        name, packing = item.plan.dataset.name, self._packing
        target = self._location.target(packing.stem(name, number), name, packing.fmt)
        staging = self._stack.enter_context(self._location.destination.stage(self._location.export_id, target))
        return _StagedFile(staging, target, staging.open_data())

    @property
    def packing(self) -> Packing:
        """How the files are made."""
        return self._packing

    def publish(self, finished: Sequence[Finished]) -> Sequence[DeliveredFile]:
        """Publish every file, in order, and remove what an earlier export left behind the last part of a dataset."""
        delivered = [
            self._publish(one.part(file.rows, is_first=number == 0), file)
            for one in finished
            for number, file in enumerate(self._staged[one.item.name])
        ]
        if self._location.is_output and self._packing.is_split:
            for one in finished:
                parts = len(self._staged[one.item.name])
                remove_older_parts(self._location, self._packing, one.item.plan.dataset.name, parts)
        return delivered

    def _publish(self, part: Finished, file: _StagedFile) -> DeliveredFile:
        fmt = self._packing.fmt
        manifest = part.manifest(file.target, fmt, file.sink.written(file.rows))
        self._begun.append((file.staging, file.target))
        publication = publish(file.staging, manifest, fmt, part.item.plan.published_schema)
        return DeliveredFile(
            name=file.target.data.name,
            dataset=manifest.dataset,
            rows=manifest.row_count,
            bytes=manifest.bytes,
            sha256=manifest.sha256,
            media_type=fmt.media_type,
            uri=publication.uri,
        )


@dataclass(frozen=True, slots=True)
class FileIntake:
    """Takes one item's rows into files of its own."""

    outlet: FilesOutlet
    item: Item
    staged: list[_StagedFile]

    def open(self, schema: pa.Schema) -> BatchWriter:
        """Return a writer that begins a new file where the packing says."""
        packing = self.outlet.packing

        def begin() -> tuple[BatchWriter, HashingSink]:
            file = self.outlet.stage(self.item, len(self.staged) + 1)
            self.staged.append(file)
            return packing.fmt.open(file.sink, schema), file.sink

        return PartsWriter(begin, self._ended, Limits(packing.split_rows, packing.split_bytes))

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows, beside the first file."""
        return self.staged[0].staging.open_quarantine()

    def _ended(self, rows: int) -> None:
        self.staged[-1].rows = rows
