"""Tries a request on its first rows: the whole flow, published nowhere, with the rows as they come and as they go."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from export_pipeline.account import Account
from export_pipeline.extract.source import Source
from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.request import Request
from export_pipeline.rejected_rows import RejectedRows
from export_pipeline.source_rows import open_source_rows
from export_pipeline.stages import StageProfile
from export_pipeline.write.hashing_sink import HashingSink

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Preview:
    """One dataset's or table's first rows, `before` as they were read, `after` as they would be published."""

    item: Item
    account: Account
    before: Sequence[Row]
    after: Sequence[Row]

    @property
    def is_aligned(self) -> bool:
        """Whether each row before is the one at the same place after."""
        return len(self.before) == len(self.after)


def preview(request: Request, export_id: str) -> Sequence[Preview]:
    """Run the request's plans on the rows that it is limited to. Raises: TransientError, PermanentError."""
    source = request.settings.source
    items = request.items(source, Origin(export_id, datetime.now(UTC)))
    return [_preview(item, source) for item in items]


def _preview(item: Item, source: Source) -> Preview:
    before: list[Row] = []
    after: list[Row] = []
    with Path("/dev/null").open("wb") as nowhere:
        rejected = RejectedRows(lambda: HashingSink(nowhere, Path("/dev/null")), item.plan.source_schema)
        with open_source_rows(item.plan, source, item.window, f"{item.name} preview", rejected) as rows:
            rows.on_read = lambda batch: _keep(before, batch)
            with closing(rows.batches(StageProfile())) as batches:
                for batch in batches:
                    _keep(after, batch)
        rows.settle()
    rows.account.require_complete(f"{item.name} preview", len(after))
    return Preview(item, rows.account, before, after)


def _keep(rows: list[Row], batch: pa.RecordBatch) -> None:
    rows.extend(batch.to_pylist())
