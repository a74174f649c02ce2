"""Rows into files of so many rows or bytes, whatever the batches are."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.on_demand.outlets.parts import Limits, PartsWriter
from export_pipeline.write.hashing_sink import HashingSink

ROW_BYTES = 10


@dataclass
class Parts:
    """Writers that take ten bytes a row; `rows` are those of each file, as they were written and as they were said."""

    written: list[list[int]] = field(default_factory=list)
    said: list[int] = field(default_factory=list)
    closed: int = 0
    sink: HashingSink = field(init=False)

    def begin(self) -> tuple["Parts", HashingSink]:
        self.written.append([])
        with Path("/dev/null").open("wb") as nowhere:
            self.sink = HashingSink(cast("BinaryIO", _Nowhere()), Path(nowhere.name))
        return self, self.sink

    def write(self, batch: pa.RecordBatch) -> None:
        self.written[-1] += batch.column(0).to_pylist()
        self.sink.write(b"x" * ROW_BYTES * batch.num_rows)

    def close(self) -> None:
        self.closed += 1


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)


def pour(sizes: list[int], limits: Limits) -> Parts:
    parts = Parts()
    writer = PartsWriter(parts.begin, parts.said.append, limits)
    first = 0
    for size in sizes:
        writer.write(pa.record_batch({"n": pa.array(range(first, first + size), pa.int64())}))
        first += size
    writer.close()
    assert parts.closed == len(parts.written)
    assert [len(rows) for rows in parts.written] == parts.said
    assert [row for rows in parts.written for row in rows] == list(range(first))
    return parts


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(1, 50))
def test_every_file_but_the_last_has_exactly_so_many_rows(sizes: list[int], rows: int) -> None:
    *full, last = pour(sizes, Limits(rows=rows)).said
    assert set(full) <= {rows}
    assert 0 < last <= rows or (last, full) == (0, [])


@given(st.lists(st.integers(0, 9_000), max_size=5), st.integers(1, 100_000))
def test_every_file_but_the_last_has_at_least_so_many_bytes_and_one_piece_more_at_most(
    sizes: list[int], size: int
) -> None:
    *full, last = pour(sizes, Limits(bytes=size)).said
    assert all(size <= rows * ROW_BYTES < size + 4_096 * ROW_BYTES for rows in full)
    assert last * ROW_BYTES < size + 4_096 * ROW_BYTES


def test_the_first_limit_reached_ends_the_file() -> None:
    assert pour([10_000], Limits(rows=5_000, bytes=41_000)).said == [5_000, 5_000]
    assert pour([10_000], Limits(rows=9_000, bytes=10)).said == [4_096, 4_096, 1_808]


def test_without_a_limit_there_is_one_file() -> None:
    assert pour([5_000, 5_000], Limits()).said == [10_000]


def test_without_a_row_there_is_one_empty_file() -> None:
    assert pour([], Limits(rows=1)).said == [0]


@pytest.mark.parametrize("limits", [Limits(rows=2**63 - 1), Limits(bytes=2**63 - 1)])
def test_the_largest_limits_are_none(limits: Limits) -> None:
    assert pour([10, 10], limits).said == [20]
