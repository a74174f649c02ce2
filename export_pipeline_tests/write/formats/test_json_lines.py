import io
from pathlib import Path

import pyarrow as pa
import pytest

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.formats.json_lines import JSON_LINES, check_keys


def test_each_row_is_a_line() -> None:
    sink = io.BytesIO()
    writer = JSON_LINES.open(sink, pa.schema([("a", pa.int64())]))
    writer.write(pa.record_batch({"a": [1, None]}))
    writer.close()
    assert sink.getvalue() == b'{"a":1}\n{"a":null}\n'


def test_a_number_of_many_digits_passes_the_check() -> None:
    check_keys(Path("x"), b'{"a":' + b"9" * 10_000 + b"}", pa.schema([("a", pa.string())]))


@pytest.mark.parametrize("row", [b"{", b"[1]", b"1", b'{"b":1}', b'{"a":1,"b":1}', b"\xff"])
def test_a_first_row_without_the_columns_does_not(row: bytes) -> None:
    with pytest.raises(CorruptFileError, match="first row"):
        check_keys(Path("x"), row, pa.schema([("a", pa.string())]))
