from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.json_rows import RowEncoder
from export_pipeline.write.hints import published_field


def encoded(batch: pa.RecordBatch) -> str:
    return bytes(RowEncoder(batch.schema, "jsonl", "{", "}\n").encode(batch)).decode()


def values(items: list[object], type_: pa.DataType, *, json: bool = False) -> list[str]:
    schema = pa.schema([published_field("x", type_, "", json=json)])
    lines = encoded(pa.RecordBatch.from_arrays([pa.array(items, type_)], schema=schema)).split("\n")[:-1]
    return [line.removeprefix('{"x":').removesuffix("}") for line in lines]


@pytest.mark.parametrize(
    ("type_", "items", "expected"),
    [
        (pa.string(), [None, "", "null"], ["null", '""', '"null"']),
        (pa.string(), ['"\\\n\r\t\x01\x1f'], [r'"\"\\\n\r\t\u0001\u001f"']),
        (pa.string(), ["\u2028\uffff😀é\x7f"], ['"\u2028\uffff😀é\x7f"']),
        (pa.int64(), [2**63 - 1, 2**53 + 1, None], ["9223372036854775807", "9007199254740993", "null"]),
        (pa.bool_(), [True, False, None], ["true", "false", "null"]),
        (pa.float64(), [0.1, -0.0, 1e22, 5e-324], ["0.1", "-0.0", "1e+22", "5e-324"]),
        (pa.float32(), [0.1], ["0.1"]),
        (pa.float64(), [float("nan"), float("inf"), float("-inf"), 1.0, None], [
            '"NaN"', '"Infinity"', '"-Infinity"', "1.0", "null",
        ]),
        (pa.decimal128(5, 2), [Decimal("1.10"), None], ["1.10", "null"]),
        (pa.decimal128(38, 0), [Decimal("9" * 38)], ["9" * 38]),
        (pa.date32(), [date(2026, 11, 20), None], ['"2026-11-20"', "null"]),
        (pa.timestamp("us", "UTC"), [datetime(2026, 11, 20, 5, tzinfo=UTC)], ['"2026-11-20T05:00:00.000000Z"']),
        (pa.timestamp("us"), [datetime(2026, 11, 20, 5), None], ['"2026-11-20T05:00:00.000000"', "null"]),  # noqa: DTZ001
        (pa.time64("us"), [1], ['"00:00:00.000001"']),
        (pa.binary(), [b"\x00\xff", b"", None], ['"AP8="', '""', "null"]),
        (pa.list_(pa.string()), [["a", None, 'q"'], [], None], [r'["a",null,"q\""]', "[]", "null"]),
        (pa.list_(pa.float32()), [[0.1, float("nan"), None]], ['[0.1,"NaN",null]']),
        (pa.list_(pa.decimal128(4, 1)), [[Decimal("1.0"), None]], ["[1.0,null]"]),
        (pa.list_(pa.date32()), [[date(2026, 11, 20), None]], ['["2026-11-20",null]']),
        (pa.list_(pa.list_(pa.int8())), [[[1], None, []]], ["[[1],null,[]]"]),
    ],
    ids=str,
)  # fmt: skip
def test_values_are_written_as_json(type_: pa.DataType, items: list[object], expected: list[str]) -> None:
    assert values(items, type_) == expected


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ('{"a":1,"a":2,"n":1e400,"z":"\\u0000"}', '{"a":1,"a":2,"n":1e400,"z":"\\u0000"}'),
        ('{"n":12345678901234567890.1234567890}', '{"n":12345678901234567890.1234567890}'),
        ('{\n "a": [\r\n1]\n}', '{  "a": [  1] }'),
        ("null", "null"),
        (None, "null"),
        (' "é\\n" ', ' "é\\n" '),
    ],
)
def test_json_columns_are_spliced_in_untouched_on_one_line(given: str | None, written: str) -> None:
    assert values([given, "1"], pa.string(), json=True) == [written, "1"]


def test_columns_keep_their_order_around_spliced_ones() -> None:
    fields = [published_field(name, pa.string(), "", json=name in "adeg") for name in "abcdefg"]
    columns = [pa.array(["1"])] * len(fields)
    batch = pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))
    assert encoded(batch) == '{"a":1,"b":"1","c":"1","d":1,"e":1,"f":"1","g":1}\n'


def test_floats_are_written_alike_whether_or_not_the_batch_has_a_nan() -> None:
    numbers: list[object] = [1.0, 1e16, 1e-7, 123456789.125, -0.0, 3e300]
    assert values([*numbers, float("nan")], pa.float64())[:-1] == values(numbers, pa.float64())


def test_the_json_hint_needs_text() -> None:
    assert values([1], pa.int64(), json=True) == ["1"]


def test_no_rows_are_no_bytes() -> None:
    assert encoded(pa.record_batch({"x": pa.array([], pa.int64())})) == ""


def test_a_map_has_no_form() -> None:
    with pytest.raises(ConfigError, match="jsonl: column m: type map"):
        RowEncoder(pa.schema([("m", pa.map_(pa.string(), pa.string()))]), "jsonl", "{", "}")
