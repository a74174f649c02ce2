"""What takes the rows of a one-off export: item by item, and then all of it is published, or nothing."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from export_pipeline.account import Account, Place, manifest_of
from export_pipeline.on_demand.item import Item
from export_pipeline.write.formats.format import BatchWriter, Format, WrittenFile
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import Target


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file that was published; `dataset` is empty where it holds several."""

    name: str
    dataset: str
    rows: int
    bytes: int
    sha256: str
    media_type: str
    uri: str


@dataclass(frozen=True, slots=True)
class Finished:
    """An item whose rows are all there and accounted for; `span` is when it began and ended, in UTC."""

    item: Item
    export_id: str
    account: Account
    rows: int
    span: tuple[datetime, datetime]
    stages: Mapping[str, float]

    @property
    def summary(self) -> str:
        """What was exported, and who chose the rows, in a line."""
        account, plan = self.account, self.item.plan
        aside = f"{account.filtered_count:,} filtered out, {account.quarantined_count:,} quarantined"
        asked = f"; the source was asked for {plan.predicate}" if plan.predicate else ""
        kept = f"; after the transforms, {plan.shape.kept} was kept" if plan.shape.kept else ""
        return (
            f"{self.item.name}: {self.rows:,} of {account.source_count:,} rows ({aside}, "
            f"{account.invalid_count:,} invalid){asked}{kept}"
        )

    def manifest(self, target: Target, fmt: Format, written: WrittenFile) -> Manifest:
        """Return the manifest of the file that holds all of its rows."""
        place = Place(target, fmt, self.export_id, self.item.window)
        return manifest_of(self.item.plan, place, self.account, written, self.span, self.stages)

    def part(self, rows: int, *, is_first: bool) -> "Finished":
        """Return what stands for one of its files, of so many rows; rows set aside count with the first one."""
        account = self.account
        aside = account.quarantined_count + account.filtered_count if is_first else 0
        own = replace(account, tally=replace(account.tally, rows=rows + aside))
        if not is_first:
            own = replace(own, quarantined=None, quarantined_count=0, filtered_count=0, invalid_count=0, failures=())
        return replace(self, account=own, rows=rows)


class Intake(Protocol):
    """Takes one item's rows: a writer of its schema, and a place for rejected rows."""

    def open(self, schema: pa.Schema) -> BatchWriter:
        """Return what the rows are written to, once."""

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows, once. Raises: ConfigError where there is no place for one."""


class Outlet(Protocol):
    """Where everything of one export goes. What is not published when its block ends is removed."""

    def opened(self) -> AbstractContextManager[None]:
        """Hold what is staged while the block runs."""

    def intake(self, item: Item) -> Intake:
        """Return what takes the rows of `item`; one at a time."""

    def publish(self, finished: Sequence[Finished]) -> Sequence[DeliveredFile]:
        """Publish everything. Raises: CorruptFileError, DestinationError, DestinationUnavailableError."""
