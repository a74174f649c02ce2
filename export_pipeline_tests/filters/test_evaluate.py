"""Which rows a filter keeps. That the server keeps the same ones: export_pipeline_tests/extract/test_predicates.py."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.errors import ConfigError
from export_pipeline.filters.condition import Condition, Operator
from export_pipeline.filters.evaluate import mask
from export_pipeline.filters.parse import parse_filter

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def kept(text: str, values: list[object], type: pa.DataType) -> list[object]:  # noqa: A002 - Arrow's word
    batch = pa.RecordBatch.from_arrays([pa.array(values, type)], names=["x"])
    found = mask(parse_filter(text), batch)
    assert found.type == pa.bool_()
    assert found.null_count == 0
    return [value for value, is_kept in zip(batch.column("x").to_pylist(), found.to_pylist(), strict=True) if is_kept]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 5", [5]),
        ("x != 5", [1, 9]),
        ("x not in (5, 9)", [1]),
        ("x in (9, 1)", [1, 9]),
        ("x between 5 and 9", [5, 9]),
        ("x between 9 and 5", []),
        ("x is null", [None]),
        ("x is not null", [1, 5, 9]),
        ("x = 5 or x is null", [5, None]),
        ("x < 5 or x >= 5", [1, 5, 9]),
        ("x != 5 and x is null", []),
    ],
)
def test_null_is_neither_equal_nor_unequal(text: str, expected: list[object]) -> None:
    assert kept(text, [1, 5, 9, None], pa.int32()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x like 'a%b'", ["a%b", "axxb", "a\nb"]),
        ("x like 'a\\%b'", ["a%b"]),
        ("x like 'a_b'", ["a%b", "a\nb"]),
        ("x like ''", [""]),
        ("x like '%'", ["a%b", "axxb", "a\nb", "", "A%B", "😀"]),
        ("x like '_'", ["😀"]),
        ("x ilike 'A\\%b'", ["a%b", "A%B"]),
        ("x ilike '%XX%'", ["axxb"]),
        ("x like '%x%b%'", ["axxb"]),
    ],
)
def test_patterns(text: str, expected: list[object]) -> None:
    values: list[object] = ["a%b", "axxb", "a\nb", "", "A%B", "😀", None]
    for type_ in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        assert kept(text, values, type_) == expected


def test_case_is_folded_for_all_of_unicode() -> None:
    assert kept("x ilike '%ÄRGER%'", ["ärger", "Ärger!", "arger"], pa.string()) == ["ärger", "Ärger!"]
    assert kept("x ilike 'жук'", ["ЖУК"], pa.string()) == ["ЖУК"]


@given(pattern=st.text("ab%_\\.*", max_size=8), texts=st.lists(st.text("ab%_\\.*\n", max_size=6)))
def test_like_is_what_its_definition_says(pattern: str, texts: list[str]) -> None:
    def matches(text: str, wanted: str) -> bool:
        if not wanted:
            return not text
        if wanted[0] == "%":
            return any(matches(text[start:], wanted[1:]) for start in range(len(text) + 1))
        if wanted[0] == "_":
            return bool(text) and matches(text[1:], wanted[1:])
        step = 2 if wanted[0] == "\\" else 1
        return text[:1] == wanted[step - 1 : step] != "" and matches(text[1:], wanted[step:])

    whole = pattern + "\\" if (len(pattern) - len(pattern.rstrip("\\"))) % 2 else pattern
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.string())], names=["x"])
    found = mask(Condition("x", Operator.LIKE, (whole,)), batch).to_pylist()
    assert found == [matches(text, whole) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = NaN", ["nan"]),
        ("x != NaN", ["-inf", "-0.0", "1.5", "inf"]),
        ("x > 1", ["1.5", "inf", "nan"]),
        ("x >= inf", ["inf", "nan"]),
        ("x < NaN", ["-inf", "-0.0", "1.5", "inf"]),
        ("x <= NaN", ["-inf", "-0.0", "1.5", "inf", "nan"]),
        ("x > NaN", []),
        ("x in (NaN, 0)", ["-0.0", "nan"]),
        ("x not in (NaN, 0)", ["-inf", "1.5", "inf"]),
        ("x between 1 and NaN", ["1.5", "inf", "nan"]),
        ("x = 0", ["-0.0"]),
    ],
)
def test_nan_equals_itself_and_is_greatest(text: str, expected: list[str]) -> None:
    values: list[object] = [-math.inf, -0.0, 1.5, math.inf, math.nan, None]
    for type_ in (pa.float64(), pa.float32(), pa.float16()):
        assert [str(value) for value in kept(text, values, type_)] == expected


@given(
    values=st.lists(st.decimals("-999.99", "999.99", places=2)),
    wanted=st.decimals("-999.9999", "999.9999", places=4),
)
def test_decimals_compare_exactly_whatever_their_digits(values: list[Decimal], wanted: Decimal) -> None:
    held: list[object] = list(values)
    kind = pa.decimal128(5, 2)
    assert kept(f"x < {wanted}", held, kind) == [value for value in values if value < wanted]
    assert kept(f"x <= {wanted}", held, kind) == [value for value in values if value <= wanted]
    assert kept(f"x > {wanted}", held, kind) == [value for value in values if value > wanted]
    assert kept(f"x >= {wanted}", held, kind) == [value for value in values if value >= wanted]
    assert kept(f"x in ({wanted}, 1)", held, kind) == [value for value in values if value in {wanted, Decimal(1)}]
    assert kept(f"x != {wanted}", held, kind) == [value for value in values if value != wanted]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_times_are_instants_and_utc_where_they_say_no_zone(unit: str, zone: str | None) -> None:
    type_ = pa.timestamp(unit, zone)
    held = NOON if zone else NOON.replace(tzinfo=None)
    for text in ("2026-11-20T12:00", "'2026-11-20 13:00:00.000 +01:00'", "2026-11-20T12:00:00Z"):
        assert len(kept(f"x = {text}", [held, None], type_)) == 1
    assert kept("x < 2026-11-20T12:00", [held], type_) == []
    assert len(kept("x >= 2026-11-20 and x < 2026-11-21", [held], type_)) == 1
    assert len(kept("x between 0001-01-01 and 9999-12-31", [held], type_)) == 1


def test_dates_booleans_and_whole_numbers_of_any_width() -> None:
    day = date(2026, 11, 20)
    assert kept("x = 2026-11-20", [day, None], pa.date32()) == [day]
    assert kept("x > 2026-11-19", [day], pa.date64()) == [day]
    assert kept("x = yes", [True, False, None], pa.bool_()) == [True]
    assert kept("x = 18446744073709551615", [2**64 - 1], pa.uint64()) == [2**64 - 1]


def test_text_is_ordered_by_code_point() -> None:
    values: list[object] = ["a", "B", "ä", "\uffff", "😀", ""]
    assert kept("x > 'a'", values, pa.string()) == ["ä", "\uffff", "😀"]
    assert kept("x > '\uffff'", values, pa.string()) == ["😀"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x.a = 8", [0, 1, 2, 3]),
        ("x.a = '8.0'", [0, 1, 2]),
        ("x.a in (9, 8)", [0, 1, 2, 3]),
        ("x.a > 7 and x.a <= 8.5", [0, 1, 2, 3]),
        ("x.a != 8", [4, 5, 6]),
        ("x.a is null", [7, 8, 9, 10, 11]),
        ("x.a.b = '\"'", [5]),
        ("x->'a'->1 = two", [6]),
        ("x.a[-1] = two", [6]),
        ("x.a[2] is not null", []),
        ("x.a like '%tw%'", [6]),
        ("x.a ilike 'TRUE'", [4]),
    ],
)
def test_json_paths(text: str, expected: list[int]) -> None:
    documents = [
        '{"a": 8}', '{"a": 8.0}', '{"a": 80e-1}', '{"a": "8"}', '{"a": true}', '{"a": {"b": "\\""}}',
        '{"a": [1, "two"]}', '{"a": null}', "{}", '{"a": 8', None, '"a"',
    ]  # fmt: skip
    batch = pa.RecordBatch.from_pylist([{"x": document, "row": row} for row, document in enumerate(documents)])
    assert batch.filter(mask(parse_filter(text), batch)).column("row").to_pylist() == expected


def test_odd_json_does_no_harm() -> None:
    odd: list[object] = [
        '{"x": "\\ud800", "a": "kept"}',
        '{"a": "\\ud800"}',
        '{"a": "\\\\ud800"}',
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"a": 1e99999999999999999999}',
        '{"a": "\\ud83d\\ude00", "x": "\\udc00"}',
    ]
    assert kept("x.a = kept", odd, pa.string()) == [odd[0]]
    assert kept("x.a like '%ud800'", odd, pa.string()) == [odd[2]]
    assert kept("x.a = '😀'", odd, pa.string()) == [odd[5]]
    assert kept("x.a > 5 and x.a like '1e9%'", odd, pa.string()) == []


@given(data=st.data())
def test_a_batch_in_pieces_keeps_the_same_rows(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | st.integers(-3, 3), min_size=1))
    batch = pa.RecordBatch.from_arrays([pa.array(values, pa.int8())], names=["x"])
    cut = data.draw(st.integers(0, len(values)))
    chosen = parse_filter("x > 0 or x in (-2, -3) or x is null")
    pieces = [mask(chosen, batch.slice(0, cut)).to_pylist(), mask(chosen, batch.slice(cut)).to_pylist()]
    assert [*pieces[0], *pieces[1]] == mask(chosen, batch).to_pylist()


def test_nothing_is_kept_of_no_rows_and_polars_text_is_read() -> None:
    assert kept("x = a or x like 'b%' or x in (c)", [], pa.string()) == []
    text = pl.DataFrame({"x": ["a", None]}).to_arrow().to_batches()[0]
    assert mask(parse_filter("x = a"), text).to_pylist() == [True, False]
    assert mask(parse_filter("x in (a, b) and x < b"), text).to_pylist() == [True, False]


def test_what_cannot_be_judged_here_is_refused() -> None:
    batch = pa.RecordBatch.from_pydict({"x": pa.array([1], pa.int64()), "tags": pa.array([["a"]])})
    with pytest.raises(ConfigError, match="ask the source for its own"):
        mask(parse_filter("source.x = 1"), batch)
    with pytest.raises(ConfigError, match="there is no column 'y'"):
        mask(parse_filter("y = 1"), batch)
    with pytest.raises(ConfigError, match="is not a whole number"):
        mask(parse_filter("x = a"), batch)
    with pytest.raises(ConfigError, match="cannot be compared"):
        mask(parse_filter("tags = a"), batch)
