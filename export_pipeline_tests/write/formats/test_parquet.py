import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.write import hints
from export_pipeline.write.formats import parquet
from export_pipeline.write.formats.parquet import PARQUET, ROW_GROUP_BYTES, ROW_GROUP_ROWS
from export_pipeline.write.hints import published_field

SCHEMA = pa.schema(
    [
        published_field("id", pa.int64(), "The key."),
        published_field("at", pa.timestamp("us", "UTC"), "When."),
        published_field("level", pa.string(), "Syslog level.", low_cardinality=True),
        published_field("device", pa.int32(), "Device.", low_cardinality=True),
        published_field("message", pa.string(), "Text."),
        published_field("data", pa.string(), "More.", json=True),
        published_field("tags", pa.list_(pa.string()), "Labels."),
    ]
)


def batch(rows: int, message: str = "m") -> pa.RecordBatch:
    columns = [
        pa.array(range(rows), pa.int64()),
        pa.array(range(rows), pa.timestamp("us", "UTC")),
        pa.array(["info"] * rows),
        pa.array([7] * rows, pa.int32()),
        pa.array([message] * rows),
        pa.array(["{}"] * rows),
        pa.array([["a", None]] * rows),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def metadata_of(*batches: pa.RecordBatch) -> pq.FileMetaData:
    sink = io.BytesIO()
    writer = PARQUET.open(sink, SCHEMA)
    for item in batches:
        writer.write(item)
    writer.close()
    return pq.read_metadata(sink)


def test_columns_are_compressed_and_coded_as_their_hints_say() -> None:
    group = metadata_of(batch(1000)).row_group(0)
    columns = {group.column(index).path_in_schema: group.column(index) for index in range(group.num_columns)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert {name for name, column in columns.items() if column.has_dictionary_page} == {"level", "device"}
    assert "DELTA_BINARY_PACKED" in columns["id"].encodings
    assert "DELTA_BINARY_PACKED" in columns["at"].encodings
    assert (columns["id"].statistics.min, columns["id"].statistics.max) == (0, 999)


def test_small_batches_are_gathered_into_one_row_group() -> None:
    assert metadata_of(*[batch(1000)] * 50).num_row_groups == 1


def test_row_groups_are_bounded_by_rows() -> None:
    metadata = metadata_of(*[batch(100_000)] * 3, batch(2 * ROW_GROUP_ROWS + 1))
    rows = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    assert rows == [200_000, 100_000, ROW_GROUP_ROWS, ROW_GROUP_ROWS, 1]


def test_row_groups_are_bounded_by_bytes() -> None:
    big = batch(10, "x" * (ROW_GROUP_BYTES // 30))
    metadata = metadata_of(*[big] * 5)
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [20, 20, 10]


def test_a_batch_beyond_the_limit_alone_is_a_row_group_alone() -> None:
    big = batch(2, "x" * ROW_GROUP_BYTES)
    assert metadata_of(big, big).num_row_groups == 2


def test_a_published_file_streams_back_with_its_hints(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    with path.open("wb") as sink:
        writer = PARQUET.open(sink, SCHEMA)
        writer.write(batch(50_000))
        writer.close()
    reader = parquet.read_batches(path)
    assert [hints.description(field) for field in reader.schema] == [hints.description(field) for field in SCHEMA]
    assert hints.is_json(reader.schema.field("data"))
    batches = list(reader)
    assert all(item.schema.equals(reader.schema, check_metadata=True) for item in batches)
    assert max(item.num_rows for item in batches) <= 20_000
    assert pa.Table.from_batches(batches).equals(pa.Table.from_batches([batch(50_000)]))


def test_a_file_that_is_not_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    path.write_text("id,at\n")
    for read in (parquet.read_batches, lambda path: parquet.check(path, 0, SCHEMA)):
        with pytest.raises(CorruptFileError, match=r"data\.parquet: cannot be read as Parquet"):
            read(path)


def test_a_file_without_the_hints_is_not_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.Table.from_batches([batch(3)]).replace_schema_metadata(None).cast(hintless()), path)
    with pytest.raises(CorruptFileError, match="its schema is not the one"):
        parquet.check(path, 3, SCHEMA)


def hintless() -> pa.Schema:
    return pa.schema([field.with_metadata(None) for field in SCHEMA])


def test_null_in_a_required_column_is_refused() -> None:
    schema = pa.schema([published_field("id", pa.int64(), "", nullable=False)])
    writer = PARQUET.open(io.BytesIO(), schema)
    writer.write(pa.RecordBatch.from_arrays([pa.array([None], pa.int64())], schema=schema))
    with pytest.raises(pa.ArrowInvalid):
        writer.close()


def test_a_type_that_parquet_lacks_is_refused() -> None:
    union = pa.dense_union([pa.field("x", pa.int64())])
    with pytest.raises(ConfigError, match="publish it as text"):
        PARQUET.open(io.BytesIO(), pa.schema([("u", union)]))
