"""One zip archive: a member a dataset, or several where it is split, each one written by the format."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

import pyarrow as pa

from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.location import Location
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.outlets.container import Container, about_rows
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished
from export_pipeline.on_demand.outlets.parts import Limits, PartsWriter
from export_pipeline.on_demand.packing import Packing
from export_pipeline.write.formats.format import BatchWriter
from export_pipeline.write.formats.zip_archive import EXTENSION, MEDIA_TYPE, ZipWriter, check_zip
from export_pipeline.write.hashing_sink import HashingSink


class ArchiveOutlet:
    """Puts the files of all items into one archive, dated with the export's begin."""

    def __init__(self, location: Location, packing: Packing, items: Sequence[Item], origin: Origin) -> None:
        fmt = replace(packing.fmt, extension=EXTENSION, media_type=MEDIA_TYPE, compression="zip")
        self._container = Container(location, [item.plan.dataset.name for item in items], fmt)
        self._packing = packing
        self._origin = origin
        self._sizes: dict[str, int] = {}

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Stage the archive while the block runs."""
        with self._container.opened():
            self._zip = ZipWriter(self._container.sink, self._origin.begun_at)
            yield

    def intake(self, item: Item) -> "ArchiveIntake":
        """Return what takes the rows of `item`."""
        return ArchiveIntake(self, item)

    def begin(self, item: Item, number: int, schema: pa.Schema) -> tuple[BatchWriter, HashingSink]:
        """Begin file `number` of the item in the archive."""
        fmt = self._packing.fmt
        name = f"{self._packing.stem(item.plan.dataset.name, number)}{fmt.extension}"
        member = self._zip.member(name, stored=fmt.compression != "none")
        sink = member.__enter__()
        return _Member(fmt.open(sink, schema), sink, member, partial(self._sizes.__setitem__, name)), sink

    @property
    def packing(self) -> Packing:
        """How the files are made."""
        return self._packing

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows, beside the archive."""
        return self._container.open_quarantine()

    def publish(self, finished: Sequence[Finished]) -> Sequence[DeliveredFile]:
        """Publish the archive."""
        if self._packing.has_manifests:
            self._add_manifests(finished)
        self._zip.close()
        return [self._container.publish(finished, lambda path: check_zip(path, self._sizes))]

    def _add_manifests(self, finished: Sequence[Finished]) -> None:
        for one in finished:
            name = one.item.plan.dataset.name
            said = about_rows(self._container.manifest([one]), name)
            with self._zip.member(f"{name}.manifest.json") as sink:
                sink.write((json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
            self._sizes[f"{name}.manifest.json"] = sink.tell()


@dataclass(slots=True)
class ArchiveIntake:
    """Takes one item's rows into members of their own."""

    outlet: ArchiveOutlet
    item: Item
    files: int = 0

    def open(self, schema: pa.Schema) -> BatchWriter:
        """Return a writer that begins a new member where the packing says."""

        def begin() -> tuple[BatchWriter, HashingSink]:
            self.files += 1
            return self.outlet.begin(self.item, self.files, schema)

        packing = self.outlet.packing
        return PartsWriter(begin, lambda _: None, Limits(packing.split_rows, packing.split_bytes))

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows, beside the archive."""
        return self.outlet.open_quarantine()


@dataclass(frozen=True, slots=True)
class _Member:
    """A writer whose closing ends the member."""

    writer: BatchWriter
    sink: HashingSink
    member: AbstractContextManager[HashingSink]
    ended: Callable[[int], None]

    def write(self, batch: pa.RecordBatch) -> None:
        self.writer.write(batch)

    def close(self) -> None:
        self.writer.close()
        self.member.__exit__(None, None, None)
        self.ended(self.sink.tell())
