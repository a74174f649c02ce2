import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.write.formats.comma_separated import CSV


def csv_of(*batches: pa.RecordBatch) -> str:
    sink = io.BytesIO()
    writer = CSV.open(sink, batches[0].schema)
    for batch in batches:
        writer.write(batch)
    writer.close()
    return sink.getvalue().decode()


def cells(values: list[object], type_: pa.DataType) -> list[str]:
    return csv_of(pa.record_batch([pa.array(values, type_)], names=["x"])).split("\n")[1:-1]


@pytest.mark.parametrize(
    ("type_", "values", "expected"),
    [
        (pa.string(), [None, "", "NULL", 'a"b', "a,b"], ["", '""', '"NULL"', '"a""b"', '"a,b"']),
        (pa.bool_(), [True, False, None], ["true", "false", ""]),
        (pa.int64(), [-(2**63), None], ["-9223372036854775808", ""]),
        (pa.float64(), [0.1, -0.0, 1e22, 5e-324], ["0.1", "-0", "1e+22", "5e-324"]),
        (pa.float32(), [0.1], ["0.1"]),
        (pa.float64(), [float("nan"), float("-inf"), 0.5, None], ['"NaN"', '"-Infinity"', '"0.5"', ""]),
        (pa.decimal128(5, 2), [Decimal("1.10"), None], ["1.10", ""]),
        (pa.decimal128(12, 10), [Decimal("0.0000000001")], ['"0.0000000001"']),
        (pa.date32(), [date(2026, 11, 20), None], ["2026-11-20", ""]),
        (pa.timestamp("us"), [datetime(2026, 11, 20, 5)], ['"2026-11-20 05:00:00.000000"']),  # noqa: DTZ001
        (pa.timestamp("us", "UTC"), [datetime(2026, 11, 20, 5, tzinfo=UTC)], ['"2026-11-20 05:00:00.000000Z"']),
        (pa.binary(), [b"\x00\xff", b"", None], [r'"\x00ff"', r'"\x"', ""]),
        (pa.time64("us"), [1], ['"00:00:00.000001"']),
        (pa.list_(pa.int32()), [[1, None], [], None], ['"{""1"",NULL}"', '"{}"', ""]),
        (pa.list_(pa.string()), [["a", None, 'q"q', "b\\c", "NULL"]], [r'"{""a"",NULL,""q\""q"",""b\\c"",""NULL""}"']),
        (pa.list_(pa.list_(pa.int32())), [[[1, 2], [3, 4]]], ['"{{""1"",""2""},{""3"",""4""}}"']),
    ],
    ids=str,
)
def test_values_are_written_as_postgresql_reads_them(
    type_: pa.DataType, values: list[object], expected: list[str]
) -> None:
    assert cells(values, type_) == expected


def test_the_header_comes_even_without_a_row_and_lines_end_in_lf() -> None:
    batch = pa.record_batch({"a": pa.array([], pa.int32()), 'x"y': pa.array([], pa.string())})
    assert csv_of(batch) == '"a","x""y"\n'


def test_a_struct_has_no_form() -> None:
    with pytest.raises(ConfigError, match="column s of type struct"):
        CSV.open(io.BytesIO(), pa.schema([("s", pa.struct([("a", pa.int32())]))]))


@pytest.mark.parametrize("micros", [-210_866_803_200_000_000, -62_135_596_800_000_001, 9_214_646_399_999_999_000])
def test_times_beyond_iso_load_as_the_same_instant(server: EmbeddedServer, micros: int) -> None:
    batch = pa.record_batch(
        {
            "z": pa.array([micros], pa.timestamp("us", "UTC")),
            "n": pa.array([micros], pa.timestamp("us")),
            "d": pa.array([micros // 86_400_000_000], pa.date32()),
        }
    )
    with psycopg.connect(server.url("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE t (z timestamptz, n timestamp, d date)")
        with cursor.copy("COPY t FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(csv_of(batch))
        cursor.execute(
            "SELECT extract(epoch FROM z) * 1000000, extract(epoch FROM n) * 1000000, d - '1970-01-01' FROM t"
        )
        assert cursor.fetchone() == (micros, micros, micros // 86_400_000_000)


def test_a_lone_column_of_null_and_empty_text_loads_as_itself(server: EmbeddedServer) -> None:
    content = csv_of(pa.record_batch({"a": [None, "", "\\.", "x", None]}))
    with psycopg.connect(server.url("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE t (line serial, a text)")
        with cursor.copy("COPY t (a) FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(content)
        cursor.execute("SELECT a FROM t ORDER BY line")
        assert cursor.fetchall() == [(None,), ("",), ("\\.",), ("x",), (None,)]


def test_records_are_counted_by_lines_outside_quotes_across_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = pa.record_batch({"a": ['"', '\n"\n', "\n\n", '""', "x" * 50, None, "", 'a"\n"b']})
    path = tmp_path / "data.csv"
    path.write_text(csv_of(batch), newline="")
    for size in (1, 2, 3, 7, 1 << 20):
        monkeypatch.setattr("export_pipeline.write.formats.comma_separated._CHUNK_BYTES", size)
        CSV.check(path, batch.num_rows, batch.schema)
        with pytest.raises(CorruptFileError, match="has 8 records, 9 were written"):
            CSV.check(path, 9, batch.schema)
