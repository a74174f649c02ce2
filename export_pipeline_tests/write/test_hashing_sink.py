import hashlib
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.errors import DestinationError
from export_pipeline.write.formats.format import WrittenFile
from export_pipeline.write.hashing_sink import HashingSink


@given(st.lists(st.binary(max_size=200)))
def test_what_goes_through_is_counted_hashed_and_unchanged(pieces: list[bytes]) -> None:
    raw = io.BytesIO()
    sink = HashingSink(raw, Path("x"))
    assert [sink.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    whole = b"".join(pieces)
    assert raw.getvalue() == whole
    assert sink.tell() == len(whole)
    assert sink.written(7) == WrittenFile(7, len(whole), hashlib.sha256(whole).hexdigest())


def test_arrow_can_write_into_it() -> None:
    raw = io.BytesIO()
    sink = HashingSink(raw, Path("x"))
    batch = pa.record_batch({"a": [1, 2]})
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    assert pa.ipc.open_stream(raw.getvalue()).read_all().num_rows == 2
    assert sink.writable()


def test_closing_it_leaves_the_file_below_open() -> None:
    raw = io.BytesIO()
    HashingSink(raw, Path("x")).close()
    assert not raw.closed


def test_a_refused_write_is_ours_even_through_arrow() -> None:
    with Path("/dev/full").open("wb", buffering=0) as raw:
        sink = HashingSink(raw, Path("/dev/full"))
        batch = pa.record_batch({"a": [1, 2]})
        with pytest.raises(DestinationError, match="/dev/full"):
            pa.ipc.new_stream(sink, batch.schema).write_batch(batch)


def test_what_comes_after_it_was_discarded_is_swallowed() -> None:
    raw = io.BytesIO()
    sink = HashingSink(raw, Path("x"))
    sink.write(b"kept")
    sink.discard()
    raw.close()
    assert sink.write(b"lost") == 4
    assert sink.tell() == 4
