"""Arbitrary values of every type that is published, and the readers that give them back; for `test_formats.py`.

Values are compared in one plain form: text, numbers, bytes; floats by their bits, times as their UTC instant.
"""

import base64
import csv
import io
import json
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import openpyxl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from psycopg import sql

from export_pipeline.write.hints import published_field

Plain = Callable[[Any], Any]  # Any: a value of the column's type
Row = list[Any]


@dataclass(frozen=True, slots=True)
class PublishedType:
    """One type: in Arrow, in PostgreSQL, arbitrary values, its plain form, and how JSON says it."""

    arrow: pa.DataType
    postgres: str
    values: st.SearchStrategy[Any]
    plain: Plain
    from_json: Plain
    is_json: bool = False


def _bits64(value: float) -> bytes:
    return b"nan" if value != value else struct.pack(">d", value)  # noqa: PLR0124 - how NaN is known


def _bits32(value: float) -> bytes:
    return b"nan" if value != value else struct.pack(">f", value)  # noqa: PLR0124


def _instant(value: datetime) -> str:
    return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()


def _json_instant(value: str) -> str:
    return _instant(datetime.fromisoformat(value))


def _all_digits(value: Decimal) -> str:
    return f"{value:f}"


def _same(value: Any) -> Any:  # noqa: ANN401 - a value of any column
    return value


def _each(plain: Plain) -> Plain:
    return lambda values: [None if value is None else plain(value) for value in values]


def _parsed(text: str) -> object:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=list)


TEXT: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_NASTY: Final = st.sampled_from(
    [
        "",
        "NULL",
        "null",
        "\\N",
        "\\.",
        " ",
        '"',
        '""',
        ",",
        "\r",
        "\n",
        "\r\n",
        "\ufeff",
        "\u2028",
        "\uffff",
        "a\\b",
        "{}",
    ]
)
_ANY_TEXT: Final = TEXT | _NASTY
_JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
_JSON_TEXT: Final = st.builds(json.dumps, _JSON, ensure_ascii=st.booleans(), indent=st.none() | st.just(1))
_MOMENTS: Final = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))  # noqa: DTZ001
_FLOATS: Final = st.floats()
_FLOATS32: Final = st.floats(width=32)


_WIDE: Final = Context(prec=60)


def _whole(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _digits(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    limit = 10**precision - 1
    return st.integers(-limit, limit).map(lambda number: Decimal(number).scaleb(-scale, _WIDE))


TYPES: Final[Mapping[str, PublishedType]] = {
    "small": PublishedType(pa.int16(), "smallint", _whole(16), _same, int),
    "whole": PublishedType(pa.int32(), "integer", _whole(32), _same, int),
    "big": PublishedType(pa.int64(), "bigint", _whole(64), _same, int),
    "flag": PublishedType(pa.bool_(), "boolean", st.booleans(), _same, _same),
    "text": PublishedType(pa.string(), "text", _ANY_TEXT, _same, _same),
    "float": PublishedType(pa.float64(), "double precision", _FLOATS, _bits64, lambda said: _bits64(float(said))),
    "single": PublishedType(pa.float32(), "real", _FLOATS32, _bits32, lambda said: _bits32(float(said))),
    "money": PublishedType(pa.decimal128(12, 2), "numeric(12,2)", _digits(12, 2), str, str),
    "tiny": PublishedType(pa.decimal128(38, 20), "numeric(38,20)", _digits(38, 20), _all_digits, str),
    "day": PublishedType(pa.date32(), "date", st.dates(), date.isoformat, _same),
    "naive": PublishedType(pa.timestamp("us"), "timestamp", _MOMENTS, _instant, _json_instant),
    "moment": PublishedType(
        pa.timestamp("us", "UTC"), "timestamptz", _MOMENTS.map(lambda m: m.replace(tzinfo=UTC)), _instant, _json_instant
    ),
    "raw": PublishedType(pa.binary(), "bytea", st.binary(max_size=9), bytes, base64.b64decode),
    "doc": PublishedType(pa.string(), "json", _JSON_TEXT, _parsed, _same, is_json=True),
    "tags": PublishedType(
        pa.list_(pa.string()), "text[]", st.lists(st.none() | _ANY_TEXT, max_size=3), _each(_same), _each(_same)
    ),
    "counts": PublishedType(
        pa.list_(pa.int64()), "bigint[]", st.lists(st.none() | _whole(64), max_size=3), _each(_same), _each(int)
    ),
    "shares": PublishedType(
        pa.list_(pa.float64()),
        "double precision[]",
        st.lists(st.none() | _FLOATS, max_size=3),
        _each(_bits64),
        _each(lambda said: _bits64(float(said))),
    ),
}

SCHEMA: Final = pa.schema(
    [published_field(name, type_.arrow, f"A {name}.", json=type_.is_json) for name, type_ in TYPES.items()]
)
ROWS: Final = st.lists(
    st.fixed_dictionaries({name: st.none() | type_.values for name, type_ in TYPES.items()}), max_size=8
)


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Return the rows as one batch of SCHEMA."""
    return pa.RecordBatch.from_arrays(
        [pa.array([row[field.name] for row in rows], field.type) for field in SCHEMA], schema=SCHEMA
    )


def plain_rows(rows: list[dict[str, Any]]) -> list[Row]:
    """Return the rows in plain form."""
    return [_plain_row([row[name] for name in TYPES]) for row in rows]


def _plain_row(values: list[Any]) -> Row:
    types = TYPES.values()
    return [None if value is None else type_.plain(value) for value, type_ in zip(values, types, strict=True)]


def _plain_table(table: pa.Table) -> list[Row]:
    return plain_rows(table.to_pylist())


def read_with_pyarrow(path: Path) -> list[Row]:
    """Read a Parquet file."""
    return _plain_table(pq.read_table(path, partitioning=None))


def read_with_duckdb(path: Path) -> list[Row]:
    """Read a Parquet file with another engine."""
    with duckdb.connect() as connection:
        return _plain_table(connection.read_parquet(str(path), hive_partitioning=False).to_arrow_table())


def content_of(path: Path) -> bytes:
    """Return a text file's content, decompressed by Arrow where its name says that it is compressed."""
    with pa.input_stream(str(path)) as stream:
        content: bytes = stream.read()
    return content


def read_with_json(path: Path) -> list[Row]:
    """Read a JSON array, or JSON lines, with Python's parser; digits stay text."""
    text, is_array = content_of(path).decode(), path.suffixes[0] == ".json"
    lines = [text] if is_array else text.removesuffix("\n").split("\n") if text else []
    read = [
        json.loads(line, parse_float=_Digits, parse_int=_Digits, parse_constant=_refuse, object_pairs_hook=list)
        for line in lines
    ]
    rows = read[0] if is_array else read
    assert all([key for key, _ in row] == list(TYPES) for row in rows)
    return [_from_json([value for _, value in row]) for row in rows]


class _Digits(str):
    """A number of a JSON text, with its digits."""

    __slots__ = ()


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def _from_json(values: list[Any]) -> Row:
    return [
        None if value is None else (_numbers(value) if type_.is_json else type_.from_json(value))
        for value, type_ in zip(values, TYPES.values(), strict=True)
    ]


def _numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, _Digits):
        return Decimal(value)
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return (value[0], _numbers(value[1])) if isinstance(value, tuple) else value


def read_with_openpyxl(path: Path) -> list[Row]:
    """Read a workbook of one sheet. Where a number or a time stayed text, it is read from its text."""
    book = openpyxl.load_workbook(path, read_only=True)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    assert list(header) == list(TYPES)
    book.close()
    return [_from_cells([*row, *[None] * (len(TYPES) - len(row))]) for row in rows]


def _from_cells(values: list[Any]) -> Row:
    return [
        None if value is None else _FROM_CELL.get(name, unescaped)(value)
        for name, value in zip(TYPES, values, strict=True)
    ]


def unescaped(text: str) -> str:
    """Return what Excel shows of a text in its XML: openpyxl leaves that to its callers."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def _decimal(value: Any, scale: int) -> Decimal:  # noqa: ANN401 - a number or its text
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), context=_WIDE)


def _cell_time(value: datetime | str) -> str:
    return _instant(datetime.fromisoformat(value) if isinstance(value, str) else value)


def _cell_day(value: datetime | str) -> str:
    return value if isinstance(value, str) else value.date().isoformat()


def _cell_list(name: str) -> Plain:
    return lambda value: TYPES[name].from_json(json.loads(unescaped(value), parse_int=_Digits, parse_float=_Digits))


_FROM_CELL: Final[Mapping[str, Plain]] = {
    **dict.fromkeys(("small", "whole", "big"), int),
    "flag": _same,
    "float": lambda value: _bits64(float(value)),
    "single": lambda value: _bits32(float(value)),
    "money": lambda value: str(_decimal(value, 2)),
    "tiny": lambda value: _all_digits(_decimal(value, 20)),
    "day": _cell_day,
    **dict.fromkeys(("naive", "moment"), _cell_time),
    "raw": lambda value: bytes.fromhex(value.removeprefix("\\x")),
    "doc": lambda value: _parsed(unescaped(value)),
    **{name: _cell_list(name) for name in ("tags", "counts", "shares")},
}


class CopyReader:
    """Reads CSV with `COPY … FROM` into a table of the declared types, and with Python's csv for the header."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_.postgres)) for name, type_ in TYPES.items()
        )
        connection.execute(sql.SQL("CREATE TEMP TABLE written (line serial, {})").format(columns))
        self._names = sql.SQL(", ").join(map(sql.Identifier, TYPES))
        self._texts = sql.SQL(", ").join(
            sql.SQL("{}::text" if type_.is_json else "{}").format(sql.Identifier(name)) for name, type_ in TYPES.items()
        )

    def __call__(self, path: Path) -> list[Row]:
        """Read the file; rows are in its order."""
        content = content_of(path)
        header, *records = csv.reader(io.StringIO(content.decode(), newline=""))
        assert header == list(TYPES)
        self._connection.execute("TRUNCATE written RESTART IDENTITY")
        statement = sql.SQL("COPY written ({}) FROM STDIN (FORMAT csv, HEADER)").format(self._names)
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                copy.write(content)
            found = cursor.execute(sql.SQL("SELECT {} FROM written ORDER BY line").format(self._texts)).fetchall()
        assert len(found) == len(records)
        return [_plain_row(list(row)) for row in found]
