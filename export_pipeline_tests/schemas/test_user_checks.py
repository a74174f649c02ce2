"""Users' functions as checks: by Series or expression, in the quick mask and in pandera, and broken ones by name."""

import pickle
from datetime import datetime

import pyarrow as pa
import pytest

from export_pipeline.errors import BrokenCheckError, ConfigError
from export_pipeline.schemas.frame_schema import CheckedColumn
from export_pipeline.schemas.policy import CheckPolicy, Level
from export_pipeline.schemas.rules import Kind
from export_pipeline.schemas.user_checks import checked_by
from export_pipeline.schemas.validation import BatchValidator, Subject

OWN = "export_pipeline_tests.transforms.own_functions"
BATCH = pa.record_batch(
    {
        "id": pa.array([1, 2, 3, 4], pa.int32()),
        "at": pa.array([datetime(2026, 1, 1)] * 4, pa.timestamp("us")),  # noqa: DTZ001 - as the source gives it
        "until": pa.array([datetime(2026, 1, day) for day in (1, 2, 3, 4)], pa.timestamp("us")),  # noqa: DTZ001
        "message": ["short", "much too long", None, "Loud"],
    }
)


def validator(check: str, column: str = "message", level: Level = Level.STRICT, where: str = "logs") -> BatchValidator:
    rules = {column: (checked_by(f"{OWN}:{check}"),)}
    columns = tuple(
        CheckedColumn(one.name, one.type, required=False, rules=rules.get(one.name, ())) for one in BATCH.schema
    )
    return BatchValidator(Subject(where, columns, ("id",), "at"), CheckPolicy(level))


@pytest.mark.parametrize(("check", "row"), [("not_too_long", 1), ("is_lower", 3)])
def test_a_value_that_it_refuses_is_invalid_and_sampled(check: str, row: int) -> None:
    checking = validator(check)
    assert checking.check(BATCH).reasons == {row: (f"message: {OWN}:{check}",)}
    (failure,) = checking.failures.sample
    assert (failure.value, failure.key) == (BATCH.column("message")[row].as_py(), f"id={row + 1}")
    assert checking.tally.bad_values == 1
    assert checking.tally.judged_values == 3


def test_counting_finds_what_checking_finds() -> None:
    checking = validator("not_too_long")
    checking.count(BATCH)
    checking.finish()
    assert checking.failures.counts == {("message", f"{OWN}:not_too_long"): 1}


def test_an_expression_may_look_at_other_columns() -> None:
    checking = validator("not_before_start", "until")
    earlier = BATCH.set_column(1, "at", pa.array([datetime(2026, 1, 3)] * 4, pa.timestamp("us")))  # noqa: DTZ001
    assert list(checking.check(earlier).reasons) == [0, 1]


def test_it_is_of_the_strict_level() -> None:
    assert validator("not_too_long", level=Level.BASIC).check(BATCH).reasons == {}
    assert checked_by(f"{OWN}:not_too_long").kind is Kind.CUSTOM


def test_a_rule_pickles() -> None:
    rule = checked_by(f"{OWN}:not_too_long")
    assert pickle.loads(pickle.dumps(rule)).name == rule.name


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("raising", r"raising failed: LookupError: no table of words \(.*own_functions\.py:\d+\)"),
        ("lengths", "lengths returned 4 of UInt32 in place of a Series of 4 booleans"),
    ],
)
def test_a_check_that_fails_is_broken_by_name(check: str, said: str) -> None:
    with pytest.raises(BrokenCheckError, match=f"logs: a check failed to run, .*: {OWN}:{said}; mend the rule"):
        validator(check).check(BATCH)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("raising_expression", r"failed: LookupError: no table of words \(.*own_functions\.py:\d+\)"),
        ("no_expression", r"returned bool in place of a polars\.Expr"),
    ],
)
def test_an_expression_that_fails_is_broken_by_name(check: str, said: str) -> None:
    with pytest.raises(BrokenCheckError, match=f"{OWN}:{check} {said}"):
        validator(check)


def test_a_check_that_compares_values_with_each_other_is_broken() -> None:
    numbers = pa.record_batch(
        {
            "id": pa.array([1, 2, 3, 90], pa.int32()),
            **{name: BATCH.column(name) for name in ("at", "until", "message")},
        }
    )
    with pytest.raises(BrokenCheckError, match="above_mean judged a value otherwise among others than by itself"):
        validator("above_mean", "id").check(numbers)


def test_no_rows_are_not_judged() -> None:
    assert validator("raising").check(BATCH.slice(0, 0)).reasons == {}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            f"{OWN}:shout",
            r"annotated .*DataFrame.*; allowed are polars\.Series and polars\.Expr; for example def not_too",
        ),
        (f"{OWN}:nosuch", "there is no nosuch in"),
    ],
)
def test_what_is_no_check_is_refused(path: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        checked_by(path)
