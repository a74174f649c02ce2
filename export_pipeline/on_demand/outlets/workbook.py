"""One Excel workbook: a sheet a dataset, and a last one with counts, quality and what was asked for."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.location import Location
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.outlets.container import Container
from export_pipeline.on_demand.outlets.outlet import DeliveredFile, Finished
from export_pipeline.on_demand.request import Request
from export_pipeline.write.formats.format import BatchWriter
from export_pipeline.write.formats.xlsx_check import check_workbook
from export_pipeline.write.formats.xlsx_options import LongCells, SheetOptions
from export_pipeline.write.formats.xlsx_summary import Value
from export_pipeline.write.formats.xlsx_workbook import WorkbookWriter
from export_pipeline.write.hashing_sink import HashingSink


class WorkbookOutlet:
    """Puts all items into one workbook."""

    def __init__(self, location: Location, request: Request, items: Sequence[Item], origin: Origin) -> None:
        self._container = Container(location, [item.plan.dataset.name for item in items], request.packing.fmt)
        self._request = request
        self._origin = origin

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Stage the workbook while the block runs."""
        fields = self._request.fields
        with self._container.opened():
            options = SheetOptions(long_cells=LongCells(fields.long_cells), totals=fields.totals)
            self._book = WorkbookWriter(self._container.sink, options)
            yield

    def intake(self, item: Item) -> "SheetIntake":
        """Return what takes the rows of `item`."""
        return SheetIntake(self._book, item, self._container)

    def publish(self, finished: Sequence[Finished]) -> Sequence[DeliveredFile]:
        """Write the summary, and publish the workbook."""
        for one in finished:
            cut = {name: cells for name, cells in self._book.cut_cells.items() if name.startswith(f"{one.item.name}.")}
            one.account.warnings += [
                f"{cells:,} texts of {name} were cut to Excel's length" for name, cells in cut.items()
            ]
        self._book.summary(self._summary(finished))
        self._book.close()
        return [self._container.publish(finished, lambda path: check_workbook(path, self._book.written))]

    def _summary(self, finished: Sequence[Finished]) -> Iterator[Sequence[Value]]:
        yield ["Export"]
        yield ["id", self._origin.export_id]
        yield ["begun at (UTC)", self._origin.begun_at]
        yield []
        yield ["Rows"]
        yield ["dataset", "in the source", "exported", "filtered out", "invalid", "quarantined"]
        for one in finished:
            account = one.account
            counts = (
                account.source_count,
                one.rows,
                account.filtered_count,
                account.invalid_count,
                account.quarantined_count,
            )
            yield [one.item.name, *counts]
        yield []
        yield ["Quality"]
        for one in finished:
            yield from ([one.item.name, metric, value] for metric, value in (one.account.quality or {}).items())
        yield []
        yield ["Request"]
        for name, asked in self._request.fields.model_dump(mode="json", exclude_defaults=True).items():
            yield [name, asked if isinstance(asked, str | int | float) else json.dumps(asked, ensure_ascii=False)]


@dataclass(frozen=True, slots=True)
class SheetIntake:
    """Takes one item's rows into a sheet."""

    book: WorkbookWriter
    item: Item
    container: Container

    def open(self, schema: pa.Schema) -> BatchWriter:
        """Return the writer of the sheet."""
        return self.book.sheet(self.item.name, schema)

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows, beside the workbook."""
        return self.container.open_quarantine()
