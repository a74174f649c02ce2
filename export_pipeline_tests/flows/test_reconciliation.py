"""A row lost or doubled on the way stops the export: nothing is published, what was there stays."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from export_pipeline import source_rows
from export_pipeline.errors import ReconciliationError
from export_pipeline.extract.reader import BatchLimits, read_batches
from export_pipeline.extract.selection import Selection
from export_pipeline.extract.snapshot import Snapshot
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline_tests.flows.running import Exporter, files_below

ReadBatches = Callable[[Snapshot, Selection, BatchLimits], Iterator[pa.RecordBatch]]


def drop_one(snapshot: Snapshot, selection: Selection, limits: BatchLimits) -> Iterator[pa.RecordBatch]:
    for number, batch in enumerate(read_batches(snapshot, selection, limits)):
        if number != 2:
            yield batch


def double_one(snapshot: Snapshot, selection: Selection, limits: BatchLimits) -> Iterator[pa.RecordBatch]:
    for number, batch in enumerate(read_batches(snapshot, selection, limits)):
        yield batch
        if number == 2:
            yield batch


def cut_last_row(snapshot: Snapshot, selection: Selection, limits: BatchLimits) -> Iterator[pa.RecordBatch]:
    *others, last = read_batches(snapshot, selection, limits)
    yield from (*others, last.slice(0, last.num_rows - 1))


QUARANTINE = CheckPolicy(Level.STRICT, OnInvalid.QUARANTINE)


@pytest.mark.parametrize("policy", [CheckPolicy(Level.STRICT), QUARANTINE], ids=["keep", "quarantine"])
@pytest.mark.parametrize("read", [drop_one, double_one, cut_last_row])
def test_a_lost_or_doubled_row_publishes_nothing(
    filled_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: ReadBatches, policy: CheckPolicy
) -> None:
    exporter = Exporter(filled_url, tmp_path, policy=policy, limits=BatchLimits(100))
    monkeypatch.setattr(source_rows, "read_batches", read)
    with pytest.raises(
        ReconciliationError, match=r"logs date=2026-11-20 parquet: the source's snapshot holds \d+ rows"
    ):
        exporter.run()
    assert files_below(tmp_path) == set()


@pytest.mark.parametrize("read", [drop_one, double_one])
def test_an_earlier_file_stays_when_the_next_export_does_not_add_up(
    filled_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: ReadBatches
) -> None:
    exporter = Exporter(filled_url, tmp_path, limits=BatchLimits(100))
    exporter.run()
    before, content = files_below(tmp_path), exporter.file().read_bytes()
    monkeypatch.setattr(source_rows, "read_batches", read)
    with pytest.raises(ReconciliationError):
        exporter.run()
    assert (files_below(tmp_path), exporter.file().read_bytes()) == (before, content)
