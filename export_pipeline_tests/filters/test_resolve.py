"""Every mistake of a filter at once, by name, before anything is read."""

import pyarrow as pa
import pytest

from export_pipeline.filters.parse import parse_filter
from export_pipeline.filters.resolve import JSON_HINT, problems
from export_pipeline.write import hints

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int32()),
        pa.field("small", pa.uint8()),
        pa.field("ratio", pa.float64()),
        pa.field("single", pa.float32()),
        pa.field("price", pa.decimal128(5, 2)),
        pa.field("flag", pa.bool_()),
        pa.field("level", pa.string()),
        pa.field("day", pa.date32()),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("doc", pa.string(), metadata={"json": "true"}),
    ]
)
SOURCE = pa.schema([pa.field("id", pa.string()), pa.field("raw", pa.string())])


def test_the_hint_is_the_writers() -> None:
    assert JSON_HINT == hints.JSON


@pytest.mark.parametrize(
    "text",
    [
        "id between -2147483648 and 2147483647", "id in (0005, +7)", "small = 255", "ratio > NaN", "ratio < -Infinity",
        "ratio <= 1e300", "price < 999.99", "price = 1.005", "price > .5", "flag = TRUE or flag in (f, no)",
        "level = 5", "level ilike '%x\\%'", "day = 2026-11-20", "at >= 2026-11-20", "at < '2026-11-20 05:00:00.5 +02'",
        "at = 2026-11-20T05:00Z", "tags is null", "tags is not null", "doc.a = 5 and doc->'a'->>0 like x", "doc = '{}'",
        "source.raw = x", "source.id like x",
    ],
)  # fmt: skip
def test_what_fits_has_no_problem(text: str) -> None:
    assert problems(parse_filter(text), SCHEMA, SOURCE) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("llevel = x", "there is no column 'llevel'; did you mean 'level'? There are id, small"),
        ("LEVEL = x", "did you mean 'level'?"),
        ("zzz = x", "there is no column 'zzz'; there are id, small"),
        ("source.level = x", "there is no column 'level'; there are id, raw"),
        ("id = abc", "value 'abc' is not a whole number (column 'id' is int32)"),
        ("id = 1.5", "value '1.5' is not a whole number"),
        ("id = 2147483648", "value '2147483648' is out of range; the column holds -2147483648 to 2147483647"),
        ("small = -1", "out of range; the column holds 0 to 255"),
        ("id = NaN", "value 'NaN' is not a whole number"),
        ("id = \uff15", "value '\uff15' is not a whole number"),
        ("ratio = x", "value 'x' is not a number"),
        ("ratio = 1e400", "value '1e400' is out of range"),
        ("single = 1e39", "value '1e39' is out of range"),
        ("price = NaN", "value 'NaN' is not a decimal number"),
        ("price = 1000", "value '1000' is out of range; the column holds 3 digits before the point"),
        ("price = 1e999999999999999999999", "is out of range"),
        ("flag = maybe", "value 'maybe' is neither true nor false"),
        ("flag < true", "`<` does not fit column 'flag' (bool: true or false); use =, !=, in, not in, is null"),
        ("id like 5", "`like` does not fit column 'id' (int32: whole numbers); use =, !=, <,"),
        ("at ilike x", "`ilike` does not fit column 'at'"),
        ("level like 'x\\'", "ends in a backslash"),
        ("doc.a like 'x\\'", "ends in a backslash"),
        ("day = 2026-02-30", "value '2026-02-30' is not a date such as 2026-11-20"),
        ("day = 2026-11-20T05:00", "is not a date"),
        ("day = 20261120", "is not a date"),
        ("at = yesterday", "value 'yesterday' is not a time such as 2026-11-20"),
        ("at = '2026-11-20 25:00'", "is not a time"),
        ("at = 2026-11-20T05:00:00.1234567Z", "is not a time"),
        ("at = 0001-01-01T00:00+05:00", "is not a time"),
        ("tags = x", "`=` does not fit column 'tags'"),
        ("level.a = x", "column 'level' is no JSON (string), so it has no path"),
    ],
)
def test_a_mistake_is_told_by_name(text: str, said: str) -> None:
    (problem,) = problems(parse_filter(text), SCHEMA, SOURCE)
    assert said in problem
    assert problem.startswith("filter `")


def test_all_mistakes_come_at_once_each_once() -> None:
    found = problems(parse_filter("id = a and (id = a or nothing is null) and price in (1, x, y)"), SCHEMA)
    assert len(found) == 4


def test_a_pattern_that_is_too_long_is_refused() -> None:
    (problem,) = problems(parse_filter(f"level like '{'_' * 10_001}'"), SCHEMA)
    assert "is longer than 10000 characters" in problem
    assert len(problem) < 400
