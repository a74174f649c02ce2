"""Arithmetic is exact or fails: whole numbers beside Python's, decimals beside `decimal`; CASE takes one branch."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from export_pipeline.errors import TransformError
from export_pipeline.transforms.compute import Computed, ComputeFields
from export_pipeline.transforms.sql_expression import calculation

LARGEST = 2**63 - 1
INTEGERS = st.integers(-LARGEST - 1, LARGEST) | st.integers(-9, 9) | st.sampled_from([LARGEST, -LARGEST - 1])
WIDTHS = st.sampled_from([pa.int8(), pa.int16(), pa.int32(), pa.int64()])
UNITS = st.integers(-(10**18), 10**18) | st.integers(-99, 99)
SCALES = st.integers(0, 16)


def truncated(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


WHOLE: dict[str, Callable[[int, int], int]] = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "a * b": lambda a, b: a * b,
    "a // b": truncated,
    "a % b": lambda a, b: a - b * truncated(a, b),
    "abs(a) - b": lambda a, b: abs(a) - b,
    "-a + b": lambda a, b: -a + b,
}


def of(expression: str, batch: pa.RecordBatch) -> object:
    return ComputeFields((Computed("made", expression),)).apply(batch).column("made")[0].as_py()


@pytest.mark.parametrize("expression", WHOLE)
@given(a=INTEGERS, b=INTEGERS, widths=st.tuples(WIDTHS, WIDTHS))
@example(a=LARGEST, b=1, widths=(pa.int64(), pa.int64()))
@example(a=-LARGEST - 1, b=-1, widths=(pa.int64(), pa.int64()))
@example(a=127, b=1, widths=(pa.int8(), pa.int8()))
def test_whole_numbers_are_those_of_python_or_an_error(
    expression: str, a: int, b: int, widths: tuple[pa.DataType, pa.DataType]
) -> None:
    for number, width in ((a, widths[0]), (b, widths[1])):
        assume(-(2 ** (width.bit_width - 1)) <= number < 2 ** (width.bit_width - 1))
    batch = pa.record_batch({"a": pa.array([a], widths[0]), "b": pa.array([b], widths[1])})
    divides = "//" in expression or "%" in expression
    steps = [] if divides and b == 0 else [abs(a), -a] * (expression[0] in "a-" and expression[1] in "ba")
    fits = not (divides and b == 0) and all(-LARGEST - 1 <= one <= LARGEST for one in [*steps, WHOLE[expression](a, b)])
    if fits:
        assert of(expression, batch) == WHOLE[expression](a, b)
    else:
        with pytest.raises(TransformError, match=r"division by zero|`i128` to `i64` failed"):
            of(expression, batch)


@pytest.mark.parametrize("operator", ["+", "-", "*"])
@given(units=st.tuples(UNITS, UNITS), scales=st.tuples(SCALES, SCALES))
@example(units=(10**18, 10**18), scales=(0, 16))
def test_decimals_have_all_their_digits_or_there_is_an_error(
    operator: str, units: tuple[int, int], scales: tuple[int, int]
) -> None:
    a, b = (Decimal(unit).scaleb(-scale) for unit, scale in zip(units, scales, strict=True))
    batch = pa.record_batch(
        {"a": pa.array([a], pa.decimal128(38, scales[0])), "b": pa.array([b], pa.decimal128(38, scales[1]))}
    )
    with localcontext(prec=100):
        expected = {"+": a + b, "-": a - b, "*": a * b}[operator]
        scale = sum(scales) if operator == "*" else max(scales)
        fits = abs(expected.scaleb(scale)) < 10**38
    if fits:
        assert of(f"a {operator} b", batch) == expected
    else:
        with pytest.raises(TransformError, match="overflow in decimal"):
            of(f"a {operator} b", batch)


@given(
    units=st.tuples(UNITS, UNITS.filter(bool)), scales=st.tuples(SCALES, SCALES), literal=st.decimals(1, 99, places=3)
)
@example(units=(5, 2 * 10**6), scales=(0, 0), literal=Decimal("1.000"))
def test_a_quotient_is_rounded_to_its_scale_as_python_rounds(
    units: tuple[int, int], scales: tuple[int, int], literal: Decimal
) -> None:
    a, b = (Decimal(unit).scaleb(-scale) for unit, scale in zip(units, scales, strict=True))
    batch = pa.record_batch(
        {"a": pa.array([a], pa.decimal128(38, scales[0])), "b": pa.array([b], pa.decimal128(38, scales[1]))}
    )
    places = Decimal(1).scaleb(-max(scales[0], min(scales[0] + 6, 12)))
    with localcontext(prec=100):
        assume(abs(a / b) < 10**20)
        assert of("a / b", batch) == (a / b).quantize(places, ROUND_HALF_EVEN)
        assert of(f"a / {literal}", batch) == (a / literal).quantize(places, ROUND_HALF_EVEN)


BRANCHES = pa.record_batch(
    {
        "n": pa.array([2**63 - 1, 5, None, 5], pa.int64()),
        "d": pa.array([Decimal(0), Decimal(4), None, None], pa.decimal128(38, 0)),
        "huge": pa.array([Decimal(10**37), Decimal(4), None, Decimal(4)], pa.decimal128(38, 0)),
        "word": ["x", "7", None, "x"],
    }
)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("case when d <> 0 then n/d end", [None, Decimal("1.250000"), None, None]),
        ("case when d = 0 then 0 else n//d end", [Decimal(0), Decimal(1), None, None]),
        ("case when n < 10 then n+1 else n end", [2**63 - 1, 6, None, 6]),
        ("case when n < 10 then n*n*2 else n end", [2**63 - 1, 50, None, 50]),
        ("case when huge < 10 then huge*100 else huge end", [Decimal(10**37), Decimal(400), None, Decimal(400)]),
        ("case when word <> 'x' then cast(word as int) else -1 end", [-1, 7, -1, -1]),
        ("case when word <> 'x' then cast(word as int)+1 else -1 end", [-1, 8, -1, -1]),
        ("case when d > 0 then 1 else 1/nullif(n, n) end", [None, 1.0, None, None]),
        ("case when d = 4 then 1 else n end", [2**63 - 1, 1, None, 5]),
        ("case when d >= 4 then 1//(n-4) else 2 end", [2, 1, 2, 2]),
        ("case when d > 0 then 1 when n = 5 then 1//(n-4) else 1//(n-5) end", [0, 1, None, 1]),
        ("case when d <> 0 then case when n > 10 then n/d end end", [None, None, None, None]),
        ("case when d <> 0 then case when n < 10 then n*2 else n/d end end", [None, Decimal(10), None, None]),
        ("case when d <> 0 or d is null then 1 else 2 end", [2, 1, 1, 1]),
        ("case when d > 0 then 1//(n-4) when d is null then n+1 end", [None, 1, None, 6]),
        ("case when d = 4 then 1 else case when d = 0 then 2 else 1//(5-n+1) end end", [2, 1, None, 1]),
        ("case when d > 0 then 1 else 1//case when n = 5 then 1 else 2 end end", [0, 1, 0, 1]),
        ("case when d = 9 then 1//(n-5) else n end", [2**63 - 1, 5, None, 5]),
    ],
)
def test_a_branch_fails_only_for_rows_that_take_it(expression: str, values: list[object]) -> None:
    made = ComputeFields((Computed("made", expression),)).apply(BRANCHES)
    assert made.column("made").to_pylist() == values


@pytest.mark.parametrize("expression", ["case when d > 0 then 7 else n+1 end", "case when n > 0 then n*2 end"])
def test_a_branch_that_is_taken_fails(expression: str) -> None:
    with pytest.raises(TransformError, match="`i128` to `i64` failed in column 'n' for 1 out of"):
        ComputeFields((Computed("made", expression),)).apply(BRANCHES)


def test_a_calculation_knows_what_it_reads_and_divides_by() -> None:
    made = calculation("n / nullif(d, 1) + n", pl.DataFrame(schema={"n": pl.Int64, "d": pl.Decimal(38, 0)}))
    assert made.inputs == ("n", "d")
    assert len(made.checks) == 1
