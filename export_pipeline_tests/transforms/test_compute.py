"""Computed fields: what expressions give, what is refused beforehand, what fails while rows are computed."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.compute import Computed, ComputeFields, parse_compute, problems
from export_pipeline.transforms.transform import Input

BATCH = pa.record_batch(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "sale": pa.array([Decimal("10.50"), None, Decimal("-1.25")], pa.decimal128(12, 2)),
        "cost": pa.array([Decimal("0.125"), Decimal(1), Decimal(0)], pa.decimal128(12, 3)),
        "big": pa.array([2**63 - 1, 0, -(2**63)], pa.int64()),
        "share": pa.array([0.5, None, -2.0]),
        "message": ["Disk full", None, ""],
        "timestamp": pa.array([0, 1_000_000_000_000_000, None], pa.timestamp("us", "UTC")),
        "local": pa.array([0, 1_000_000_000_000_000, None], pa.timestamp("us")),
        "day": pa.array([0, None, 365], pa.date32()),
        "urgent": [True, None, False],
        "tags": pa.array([["a", "b"], None, []], pa.list_(pa.string())),
        "weird name": ["x", "y", "z"],
    }
)
D = Decimal


def compute(*texts: str, batch: pa.RecordBatch = BATCH) -> pa.RecordBatch:
    return ComputeFields(tuple(parse_compute(text) for text in texts)).apply(batch)


@pytest.mark.parametrize(
    ("expression", "kind", "values"),
    [
        ("sale-cost", pa.decimal128(38, 3), [D("10.375"), None, D("-1.250")]),
        ("sale*1.19", pa.decimal128(38, 4), [D("12.4950"), None, D("-1.4875")]),
        ("sale*cost", pa.decimal128(38, 5), [D("1.31250"), None, D("0.00000")]),
        ("coalesce(sale, 0.001)", pa.decimal128(13, 3), [D("10.500"), D("0.001"), D("-1.250")]),
        ("sale > 10.499", pa.bool_(), [True, None, False]),
        ("sale in (10.5, 7)", pa.bool_(), [True, None, False]),
        ("cast(sale as double)*2", pa.float64(), [21.0, None, -2.5]),
        ("id*2", pa.int64(), [2, 4, 6]),
        ("id/2", pa.float64(), [0.5, 1.0, 1.5]),
        ("share/1.5", pa.float64(), [0.5 / 1.5, None, -2.0 / 1.5]),
        ("share/null", pa.float64(), [None, None, None]),
        ("id//2", pa.int64(), [0, 1, 1]),
        ("id%2", pa.int64(), [1, 0, 1]),
        ("-id", pa.int64(), [-1, -2, -3]),
        ("1/nullif(id-2, 0)", pa.float64(), [-1.0, None, 1.0]),
        ("upper(message)", pa.string(), ["DISK FULL", None, ""]),
        ("message || '!'", pa.string(), ["Disk full!", None, "!"]),
        ("length(message)", pa.int64(), [9, None, 0]),
        ("split_part(message, ' ', 1)", pa.string(), ["Disk", None, ""]),
        ("right(message, 4)", pa.string(), ["full", None, ""]),
        ("message ilike 'disk%'", pa.bool_(), [True, None, False]),
        ('upper("weird name")', pa.string(), ["X", "Y", "Z"]),
        ("extract(hour from timestamp)", pa.int8(), [0, 1, None]),
        ("extract(year from timestamp)*10000", pa.int64(), [19_700_000, 20_010_000, None]),
        ("timestamp > timestamptz '2000-01-01 00:00:00'", pa.bool_(), [False, True, None]),
        ("cast(timestamp as date)", pa.date32(), [date(1970, 1, 1), date(2001, 9, 9), None]),
        ("day + interval '1 day'", pa.date32(), [date(1970, 1, 2), None, date(1971, 1, 2)]),
        ("strftime(local, '%Y')", pa.string(), ["1970", "2001", None]),
        ("case when id>=3 then 'high' else 'low' end", pa.string(), ["low", "low", "high"]),
        ("case id when 1 then 'one' end", pa.string(), ["one", None, None]),
        ("array_to_string(tags, '+')", pa.string(), ["a+b", None, ""]),
        ("tags[1]", pa.string(), ["a", None, None]),
        ("string_to_array(message, ' ')", pa.list_(pa.string()), [["Disk", "full"], None, [""]]),
        ("'prod'", pa.string(), ["prod", "prod", "prod"]),
        ("cast(null as text)", pa.string(), [None, None, None]),
        ("try_cast(message as int)", pa.int32(), [None, None, None]),
        ("coalesce(urgent, false)", pa.bool_(), [True, False, False]),
        ("message <> ' is true'", pa.bool_(), [True, None, True]),
        (r"message like 'D%' and message ~ '\w' and message <> 'like \'", pa.bool_(), [True, None, False]),
        ("extract(epoch from timestamp)", pa.float64(), [0.0, 1e9, None]),
        ("extract(epoch from day)+1", pa.float64(), [1.0, None, 31_536_001.0]),
        ("cast(cast(id as double)+0.5::double as decimal(9,0))", pa.decimal128(9, 0), [D(2), D(2), D(4)]),
        ("cast(sale-cost as decimal(9,2))", pa.decimal128(9, 2), [D("10.38"), None, D("-1.25")]),
        ("cast(cost as decimal(9,2))", pa.decimal128(9, 2), [D("0.12"), D(1), D(0)]),
        ("case when share > 0 then ln(share) end", pa.float64(), [math.log(0.5), None, None]),
    ],
)
def test_a_field_has_the_values_of_its_expression(expression: str, kind: pa.DataType, values: list[object]) -> None:
    column = compute(f"made={expression}").column("made")
    assert column.type == kind
    assert column.to_pylist() == values
    alone = [compute(f"made={expression}", batch=BATCH.slice(row, 1)).column("made") for row in range(3)]
    assert pa.concat_arrays(alone).equals(column)


def test_a_timestamp_keeps_its_unit_and_zone() -> None:
    made = compute("later=timestamp + interval '1 hour'").column("later")
    assert made.type == pa.timestamp("us", "UTC")
    assert made[0].as_py() == datetime(1970, 1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", None])
def test_the_seconds_since_1970_are_the_nearest_of_every_time(zone: str | None) -> None:
    microseconds = [-100_000, 1_763_726_400_123_456, -62_135_596_799_999_999, 253_402_300_799_999_999, None]
    times = pa.record_batch({"time": pa.array(microseconds, pa.timestamp("us", zone))})
    made = compute("made=extract(epoch from time)", batch=times).column("made").to_pylist()
    assert made == [None if one is None else one / 10**6 for one in microseconds]


def test_a_time_that_polars_cannot_reckon_with_fails_instead_of_giving_null() -> None:
    times = pa.record_batch({"time": pa.array([None, 0, 9 * 10**18], pa.timestamp("us"))})
    for text in ("extract(year from time)", "case when time is not null then extract(year from time) end"):
        with pytest.raises(TransformError, match="a time that cannot be reckoned with in 1 rows of a batch"):
            compute(f"made={text}", batch=times)


def test_a_quotient_is_the_nearest_number_in_batches_of_any_size() -> None:
    rows = pa.record_batch({"share": [float(one) for one in range(100)], "whole": range(100)})
    made = compute("a=share/10::double", "b=whole/10", "c=-whole/49", batch=rows)
    assert made.column("a").to_pylist() == made.column("b").to_pylist() == [one / 10 for one in range(100)]
    assert made.column("c").to_pylist() == [-one / 49 for one in range(100)]
    assert compute("a=whole/10", batch=rows.slice(7, 1)).column("a").to_pylist() == [0.7]


def test_nan_and_infinity_that_are_in_the_rows_stay() -> None:
    rows = pa.record_batch({"share": [math.inf, -math.inf, 1.0, None]})
    assert compute("made=share*2::double", batch=rows).column("made").to_pylist() == [math.inf, -math.inf, 2.0, None]


def test_later_fields_may_use_earlier_ones() -> None:
    made = compute("profit=sale-cost", "double=profit*2")
    assert made.schema.names[-2:] == ["profit", "double"]
    assert made.column("double").to_pylist() == [D("20.750"), None, D("-2.500")]
    assert ComputeFields((Computed("a", "id+1"), Computed("b", "a+big"))).lineage() == {
        "a": (Input("id"),),
        "b": (Input("id"), Input("big")),
    }


def test_no_rows_give_no_rows_of_the_same_columns() -> None:
    texts = ("profit=sale-cost", "source='prod'", "share_of=id/2")
    assert compute(*texts, batch=BATCH.slice(0, 0)).schema.equals(compute(*texts).schema)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("sal-cost", "there is no column sal; did you mean sale?"),
        ("nosuch", "there is no column nosuch; there are id, sale, cost"),
        ("sum(sale)", "each row's value must come from that row alone"),
        ("max(sale)-sale", "each row's value must come from that row alone"),
        ("coalesce(id, count(*))", "each row's value must come from that row alone"),
        ("row_number() over (order by id)", "each row's value must come from that row alone"),
        ("rank() over (order by id)", "each row's value must come from that row alone"),
        ("lag(id) over (order by id)", "each row's value must come from that row alone"),
        ("sum(id) over (partition by message)", "each row's value must come from that row alone"),
        ("first(id)", "each row's value must come from that row alone"),
        ("string_agg(message)", "each row's value must come from that row alone"),
        ("array_agg(id)", "each row's value must come from that row alone"),
        ("corr(id, big)", "each row's value must come from that row alone"),
        ("unnest(tags)", "each row's value must come from that row alone"),
        ("columns('id')", "each row's value must come from that row alone"),
        ("*", "write one expression"),
        ('"^.*$"', "each row's value must come from that row alone"),
        ("now()", "now is another at each export"),
        ("case when true then Current_Date end", "Current_Date is another at each export"),
        ("localtimestamp", "localtimestamp is another at each export"),
        (
            r"message like 'a\%b\_c'",
            "a backslash in a pattern of LIKE cannot be used in a computed field; use a filter",
        ),
        (r"message ~ 'a\d' or message not ilike 'a\%'", r"like 'a\%': a backslash in a pattern of LIKE"),
        (r"message ~~ $x$a\%$x$", "a backslash in a pattern of LIKE"),
        ("urgent IS NOT\n true", "cannot be used; write coalesce(…, false)"),
        ("random()", "unsupported function 'random'"),
        ("read_csv('/etc/passwd')", "unsupported function 'read_csv'"),
        ("(select max(id) from self)", "relation 'self' was not found"),
        ("id; drop table x", "unexpected token ';'"),
        ("id, big", "unexpected token ','"),
        ("id as x", "each row's value must come from that row alone"),
        ("upper(message", "unable to parse"),
        ("upper(id)", "expected `String`, got `i32` for series with name `id`; the columns: id Int32"),
        ("null", "it gives null, which cannot be published; give NULL a type"),
        ("timestamp - timestamp", "it gives duration"),
        ("cast(timestamp as time)", "it gives time64"),
        ("sale + share", "a decimal would become a floating-point number"),
        ("sale > share", "a decimal would become a floating-point number"),
        ("sale > 1e3", "a decimal would become a floating-point number"),
        ("sqrt(sale)", "a decimal would become a floating-point number"),
        ("case when urgent then sale else share end", "a decimal would become a floating-point number"),
        ("pow(big, 2)", "a power of whole numbers may lose digits unseen"),
        ("+".join(["id"] * 300), "too long or too deeply nested"),
        ("(" * 3000 + "id" + ")" * 3000, "too long or too deeply nested"),
    ],
)
def test_what_cannot_be_computed_is_said_before_any_row(expression: str, said: str) -> None:
    (problem,) = problems([Computed("made", expression)], BATCH.schema)
    assert problem.startswith(f"made={expression}: ")
    assert said in problem


@pytest.mark.parametrize("text", ["", "=", "profit", "=a-b", "1x=a", "a b=c", "x=", "a.b=c", "ä=b"])
def test_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"write name=expression, .* for example profit=sale-cost"):
        parse_compute(text)


def test_every_mistake_is_said_at_once() -> None:
    fields = [Computed("id", "big"), Computed("a", "nosuch"), Computed("b", "a+1"), Computed("a", "id")]
    found = problems(fields, BATCH.schema)
    assert [one.partition(": ")[0] for one in found] == ["id=big", "a=nosuch", "a=id"]
    assert "there is a column id already" in found[0]
    with pytest.raises(ConfigError, match=r"id=big: .*; a=nosuch: "):
        ComputeFields(tuple(fields)).output_schema(BATCH.schema)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("big+1", "conversion from `i128` to `i64` failed in column 'big' for 1 out of 3 values; cast"),
        ("sale/cost", "division by zero in 1 rows of a batch; write nullif"),
        ("id/0", "division by zero"),
        ("share/(id-1)", "division by zero in 1 rows"),
        ("id%(id-1)", "division by zero in 1 rows"),
        ("mod(sale, cost)", "division by zero in 1 rows"),
        ("cast(message as int)", "failed in column 'message' for 2 out of 3 values; cast"),
        ("cast(big as decimal(38,0))*big*big", "overflow in decimal multiplication"),
        ("sqrt(share)", "no number, or too large (NaN, infinity) in 1 rows of a batch"),
        ("sqrt(share) > 1::double", "no number, or too large (NaN, infinity) in 1 rows"),
        ("ln(share-0.5::double)", "no number, or too large (NaN, infinity) in 2 rows"),
        ("power(cast(big as double), 20)", "no number, or too large (NaN, infinity) in 2 rows"),
        ("case when share < 0 then ln(share) end", "no number, or too large (NaN, infinity) in 1 rows"),
        ("day + interval '8029 years'", "a year before 1 or after 9999 in 1 rows of a batch"),
        ("day - interval '1970 years'", "a year before 1 or after 9999 in 1 rows of a batch"),
        ("timestamp + interval '7999 years'", "a year before 1 or after 9999 in 1 rows of a batch"),
    ],
)
def test_a_value_that_cannot_be_had_fails_by_name_and_shows_no_value(expression: str, said: str) -> None:
    with pytest.raises(TransformError) as caught:
        compute(f"made={expression}")
    assert f"computed field made={expression}: " in str(caught.value)
    assert said in str(caught.value)
    assert "Disk" not in str(caught.value)
    assert str(2**63) not in str(caught.value)


@given(st.text() | st.text("abid()+-*/'\"=,.<>| 01;:[]~!@#$%^&{}\\\n\t", max_size=30))
def test_any_text_is_a_field_or_a_clear_mistake(text: str) -> None:
    try:
        field = parse_compute(f"made={text}")
    except ConfigError:
        return
    for problem in problems([field], BATCH.schema):
        assert problem.startswith("made=")
