"""One suite over every registered format: what is written is what independent readers give back."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError, CorruptFileError, TransformError
from export_pipeline.write.formats.format import Format, WrittenFile
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.hints import published_field
from export_pipeline_tests.contracts.written_values import (
    ROWS,
    SCHEMA,
    CopyReader,
    Row,
    batch_of,
    plain_rows,
    read_with_duckdb,
    read_with_json,
    read_with_openpyxl,
    read_with_pyarrow,
)
from export_pipeline_tests.write.variants import VARIANTS

Reader = Callable[[Path], list[Row]]
arbitrary = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(params=VARIANTS.values(), ids=list(VARIANTS))
def fmt(request: pytest.FixtureRequest) -> Format:
    found: Format = request.param
    return found


@pytest.fixture(scope="module")
def copy_reader(server: EmbeddedServer) -> Iterator[CopyReader]:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("SET timezone TO 'Australia/Lord_Howe'")  # which must not matter
        yield CopyReader(connection)


@pytest.fixture
def readers(fmt: Format, request: pytest.FixtureRequest) -> list[Reader]:
    """Give the readers of the format, none of them ours."""
    if fmt.name == "parquet":
        return [read_with_pyarrow, read_with_duckdb]
    if fmt.name == "xlsx":
        return [read_with_openpyxl]
    return [request.getfixturevalue("copy_reader") if fmt.name == "csv" else read_with_json]


def write(fmt: Format, path: Path, batches: list[pa.RecordBatch], schema: pa.Schema = SCHEMA) -> WrittenFile:
    with path.open("wb") as raw:
        sink = HashingSink(raw, path)
        writer = fmt.open(sink, schema)
        for batch in batches:
            writer.write(batch)
        writer.close()
        assert not sink.closed
    written = sink.written(sum(batch.num_rows for batch in batches))
    assert written.bytes == path.stat().st_size
    return written


@given(rows=ROWS)
@arbitrary
def test_what_is_written_is_what_others_read(
    fmt: Format, readers: list[Reader], rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / f"data{fmt.extension}"
    write(fmt, path, [batch_of(rows)])
    fmt.check(path, len(rows), SCHEMA)
    for read in readers:
        assert read(path) == plain_rows(rows)


@given(rows=ROWS, data=st.data())
@arbitrary
def test_how_rows_are_cut_into_batches_changes_nothing(
    fmt: Format, readers: list[Reader], rows: list[dict[str, Any]], data: st.DataObject, tmp_path: Path
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    edges = [0, *cuts, len(rows)]
    whole = batch_of(rows)
    slices = [whole.slice(start, end - start) for start, end in pairwise(edges)]
    path = tmp_path / f"data{fmt.extension}"
    write(fmt, path, slices)
    fmt.check(path, len(rows), SCHEMA)
    assert readers[0](path) == plain_rows(rows)


@pytest.mark.parametrize("batches", [[], [batch_of([])]], ids=["no batch", "an empty batch"])
def test_no_rows_are_a_readable_file(
    fmt: Format, readers: list[Reader], batches: list[pa.RecordBatch], tmp_path: Path
) -> None:
    path = tmp_path / f"data{fmt.extension}"
    write(fmt, path, batches)
    fmt.check(path, 0, SCHEMA)
    assert [read(path) for read in readers] == [[]] * len(readers)


NAMES = ["select", "ID", "id", "a.b", "é😀", 'x"y', " ", "=cmd", "a,b", "a\nb", "back\\slash"]


def test_any_name_may_head_a_column(fmt: Format, tmp_path: Path) -> None:
    schema = pa.schema([published_field(name, pa.int64(), "") for name in NAMES])
    batch = pa.RecordBatch.from_arrays([pa.array([number]) for number in range(len(NAMES))], schema=schema)
    path = tmp_path / f"data{fmt.extension}"
    write(fmt, path, [batch], schema)
    fmt.check(path, 1, schema)
    with pytest.raises(CorruptFileError):
        fmt.check(path, 1, pa.schema(list(schema)[::-1]))


def test_dictionaries_are_written_as_their_values(fmt: Format, tmp_path: Path) -> None:
    plain = pa.schema([published_field("a", pa.string(), ""), published_field("b", pa.list_(pa.string()), "")])
    coded = pa.schema([plain.field(0).with_type(pa.dictionary(pa.int32(), pa.string())), plain.field(1)])
    lists = pa.array([["x"], None, []], pa.list_(pa.string()))
    paths = [tmp_path / f"{name}{fmt.extension}" for name in ("plain", "coded")]
    for path, schema in zip(paths, (plain, coded), strict=True):
        values = pa.array(["x", None, "x"]).cast(schema.field(0).type)
        write(fmt, path, [pa.RecordBatch.from_arrays([values, lists], schema=schema)], schema)
    if fmt.read_batches is None:
        assert paths[0].read_bytes() == paths[1].read_bytes()
    else:
        tables = [fmt.read_batches(path).read_all() for path in paths]
        assert tables[0].to_pylist() == tables[1].to_pylist()


def test_a_schema_without_columns_or_with_a_name_twice_is_refused(fmt: Format, tmp_path: Path) -> None:
    field = published_field("a", pa.int64(), "")
    for schema, reason in ((pa.schema([]), "no column"), (pa.schema([field, field]), "two columns are named a")):
        with (tmp_path / "data").open("wb") as raw, pytest.raises(ConfigError, match=reason):
            fmt.open(HashingSink(raw, tmp_path / "data"), schema)


def test_a_type_without_a_form_is_refused_by_name(fmt: Format, tmp_path: Path) -> None:
    strange = pa.dense_union([pa.field("x", pa.int64())])
    schema = pa.schema([pa.field("odd", strange)])
    with (tmp_path / "data").open("wb") as raw, pytest.raises(ConfigError, match=f"{fmt.name}.*(odd|union)"):
        fmt.open(HashingSink(raw, tmp_path / "data"), schema)


def test_a_batch_of_another_schema_is_refused(fmt: Format, tmp_path: Path) -> None:
    with (tmp_path / "data").open("wb") as raw:
        writer = fmt.open(HashingSink(raw, tmp_path / "data"), SCHEMA)
        with pytest.raises(TransformError, match="expected small int16"):
            writer.write(pa.record_batch({"small": [1]}))
        writer.close()


@pytest.mark.parametrize("damage", ["cut", "emptied", "other rows", "garbage"])
def test_a_damaged_file_does_not_pass_the_check(fmt: Format, damage: str, tmp_path: Path) -> None:
    path = tmp_path / f"data{fmt.extension}"
    row = dict.fromkeys(SCHEMA.names)
    write(fmt, path, [batch_of([row] * 3)])
    content = path.read_bytes()
    changed = {"cut": content[: len(content) // 2], "emptied": b"", "other rows": content, "garbage": b"\xff\n" * 3}
    path.write_bytes(changed[damage])
    with pytest.raises(CorruptFileError, match="export it again"):
        fmt.check(path, 4 if damage == "other rows" else 3, SCHEMA)


MEMORY_PROGRAM = """
import resource, sys
import pyarrow as pa
from pathlib import Path
from export_pipeline.write.formats.compression import with_compression
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.hashing_sink import HashingSink

names = [f"c{number}" for number in range(6)]
batch = pa.record_batch({name: [f"{name} {row} " + "x" * 40 for row in range(20_000)] for name in names})
sink = HashingSink(open("/dev/null", "wb"), Path("/dev/null"))
writer = with_compression(FORMATS[sys.argv[1]], sys.argv[2]).open(sink, batch.schema)
peaks = []
for batches in (30, 90):
    for _ in range(batches):
        writer.write(batch)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[1] - peaks[0])
"""


def test_memory_does_not_grow_with_the_file(fmt: Format) -> None:
    command = [sys.executable, "-c", MEMORY_PROGRAM, fmt.name, fmt.compression]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) < 40 << 10  # KiB; the batches themselves add up to 500 MiB
