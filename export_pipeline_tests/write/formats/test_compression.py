"""What each format can be compressed with, and what the compressed files are."""

import gzip
import io
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.write.formats.compression import compressions_of, with_compression
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.write.samples import SCHEMA, rows
from export_pipeline_tests.write.variants import VARIANTS

WHOLE_FILES = {name: fmt for name, fmt in VARIANTS.items() if fmt.extension.endswith((".gz", ".zst"))}
unpack: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


def content(fmt: Format, batches: int = 3, batch: pa.RecordBatch | None = None) -> bytes:
    sink = io.BytesIO()
    writer = fmt.open(sink, SCHEMA)
    for _ in range(batches):
        writer.write(batch or rows("a", 1000))
    writer.close()
    return sink.getvalue()


def varied(count: int) -> pa.RecordBatch:
    words = pa.array([f"{number * 7919 % 1009} {number % 31}" for number in range(count)])
    return pa.RecordBatch.from_arrays([pa.array(range(count), pa.int64()), words], schema=SCHEMA)


def test_extensions_and_media_types_say_what_a_file_is() -> None:
    found = {name: (fmt.extension, fmt.media_type, fmt.compression) for name, fmt in VARIANTS.items()}
    assert found["csv none"] == (".csv", "text/csv", "none")
    assert found["csv gzip"] == (".csv.gz", "application/gzip", "gzip")
    assert found["json zstd"] == (".json.zst", "application/zstd", "zstd")
    assert found["jsonl zstd"] == (".jsonl.zst", "application/zstd", "zstd")
    assert {extension for extension, *_ in found.values()} >= {".json.gz", ".jsonl.gz", ".csv.zst"}
    assert found["parquet snappy"] == (".parquet", "application/vnd.apache.parquet", "snappy")


@pytest.mark.parametrize("fmt", FORMATS.values(), ids=list(FORMATS))
def test_nothing_asked_is_the_format_itself(fmt: Format) -> None:
    assert with_compression(fmt, None).extension == fmt.extension
    assert with_compression(fmt, fmt.compression).compression == fmt.compression
    if fmt.name in {"parquet", "csv"}:
        assert content(with_compression(fmt, None)) == content(fmt)


@pytest.mark.parametrize(
    ("name", "compression", "level", "message"),
    [
        ("csv", "snappy", None, "compression 'snappy' does not go with csv; choose among none, gzip, zstd"),
        ("csv", "gzip", 10, "compression level 10 does not go with csv and gzip; give 1 to 9"),
        ("jsonl", "zstd", 0, "compression level 0 does not go with jsonl and zstd; give 1 to 19"),
        ("json", "none", 3, "compression level 3 does not go with json and none; leave it out: there are no levels"),
        ("parquet", "lz4", None, "choose among none, snappy, gzip, zstd"),
        ("parquet", "snappy", 1, "there are no levels"),
        ("csv", None, 3, "does not go with csv and none"),
    ],
)
def test_what_does_not_go_together_is_refused_with_what_does(
    name: str, compression: str | None, level: int | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        with_compression(FORMATS[name], compression, level)


def test_choices_are_told_with_their_levels() -> None:
    assert {name: str(levels) for name, levels in compressions_of(FORMATS["csv"]).items()} == {
        "none": "no level",
        "gzip": "1 to 9",
        "zstd": "1 to 19",
    }
    assert list(compressions_of(FORMATS["parquet"])) == ["none", "snappy", "gzip", "zstd"]


def test_a_compression_of_a_compressed_format_replaces_it() -> None:
    twice = with_compression(with_compression(FORMATS["csv"], "gzip"), "zstd")
    assert (twice.extension, twice.compression) == (".csv.zst", "zstd")


@pytest.mark.parametrize("name", ["csv", "jsonl"])
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_every_level_holds_what_is_written_without(name: str, compression: str, tmp_path: Path) -> None:
    plain = content(FORMATS[name])
    for level in compressions_of(FORMATS[name])[compression].choices:
        fmt = with_compression(FORMATS[name], compression, level)
        packed = content(fmt)
        assert unpack[compression](packed) == plain
        assert len(packed) < len(plain) / 2
        path = tmp_path / "data"
        path.write_bytes(packed)
        fmt.check(path, 3000, SCHEMA)


def test_a_level_is_the_one_that_is_used() -> None:
    batch = varied(20_000)

    def size(name: str, compression: str, level: int) -> int:
        return len(content(with_compression(FORMATS[name], compression, level), 1, batch))

    for name in ("csv", "parquet"):
        for compression, low, high in (("gzip", 1, 9), ("zstd", 1, 19)):
            assert size(name, compression, high) < size(name, compression, low)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_the_column_chunks_of_parquet_are_compressed(compression: str) -> None:
    metadata = pq.read_metadata(io.BytesIO(content(with_compression(FORMATS["parquet"], compression))))
    group = metadata.row_group(0)
    names = {group.column(index).compression for index in range(group.num_columns)}
    assert names == {compression.upper().replace("NONE", "UNCOMPRESSED")}


@pytest.mark.parametrize("fmt", VARIANTS.values(), ids=list(VARIANTS))
def test_the_same_rows_give_the_same_bytes(fmt: Format) -> None:
    assert content(fmt) == content(fmt)


@pytest.mark.parametrize("level", [1, 3, 4, 9])
def test_gzip_names_no_file_and_no_time(level: int) -> None:
    header = content(with_compression(FORMATS["csv"], "gzip", level))[:8]
    assert header[3] == 0  # no flag: no name, no comment
    assert header[4:8] == bytes(4)  # no time


@pytest.mark.parametrize("fmt", WHOLE_FILES.values(), ids=list(WHOLE_FILES))
def test_the_first_batch_can_be_read_before_the_next_one_comes(fmt: Format) -> None:
    sink = io.BytesIO()
    writer = fmt.open(sink, SCHEMA)
    writer.write(rows("first", 3))
    some = sink.getvalue()
    reader = zlib.decompressobj(31) if fmt.compression == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    read = reader.decompress(some)
    assert read.count(b"first") == 3


@pytest.mark.parametrize("fmt", WHOLE_FILES.values(), ids=list(WHOLE_FILES))
def test_small_batches_cost_little(fmt: Format) -> None:
    whole = varied(60_000)
    sink = io.BytesIO()
    writer = fmt.open(sink, SCHEMA)
    for start in range(0, whole.num_rows, 20):
        writer.write(whole.slice(start, 20))
    writer.close()
    assert len(sink.getvalue()) < 1.02 * len(content(fmt, 1, whole))


@pytest.mark.parametrize("fmt", WHOLE_FILES.values(), ids=list(WHOLE_FILES))
def test_a_file_cut_anywhere_is_found(fmt: Format, tmp_path: Path) -> None:
    path, whole = tmp_path / "data", content(fmt, 1, rows("a", 40))
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(CorruptFileError, match="export it again"):
            fmt.check(path, 40, SCHEMA)
    path.write_bytes(whole + b"tail")
    with pytest.raises(CorruptFileError, match="cannot be decompressed"):
        fmt.check(path, 40, SCHEMA)


def flips(data: bytes, start: int) -> list[bytes]:
    return [data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :] for place in range(start, len(data))]


@pytest.mark.parametrize("fmt", WHOLE_FILES.values(), ids=list(WHOLE_FILES))
def test_a_changed_bit_of_the_content_is_found(fmt: Format, tmp_path: Path) -> None:
    path, whole = tmp_path / "data", content(fmt, 1, rows("a", 40))
    for changed in flips(whole, 10):  # the header of gzip has bits that say nothing
        path.write_bytes(changed)
        try:
            fmt.check(path, 40, SCHEMA)
        except CorruptFileError as exc:
            assert "export it again" in str(exc)  # noqa: PT017 - a bit that changes nothing may pass
        else:
            assert unpack[fmt.compression](changed) == unpack[fmt.compression](whole)


@pytest.mark.parametrize("fmt", WHOLE_FILES.values(), ids=list(WHOLE_FILES))
def test_a_file_without_rows_is_not_a_file_without_bytes(fmt: Format, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"")
    with pytest.raises(CorruptFileError, match="is empty"):
        fmt.check(path, 0, SCHEMA)


@pytest.mark.parametrize("fmt", VARIANTS.values(), ids=list(VARIANTS))
def test_formats_go_from_process_to_process(fmt: Format) -> None:
    assert content(pickle.loads(pickle.dumps(fmt))) == content(fmt)


def test_the_page_tells_what_goes_with_each_format() -> None:
    page = (Path(__file__).parents[3] / "docs" / "compression.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    told = {
        (name, compression.split(",")[0].split(":")[0]): (levels, default)
        for names, compression, levels, default, _ in (line for line in lines if len(line) == 5)
        for name in names.split(", ")
    }
    del told["format", "compression"], told["---", "---"]
    assert told == {
        (name, compression): (str(levels), str(levels.default or ""))
        for name, fmt in FORMATS.items()
        for compression, levels in compressions_of(fmt).items()
    }
