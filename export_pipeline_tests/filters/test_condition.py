"""Filters are values: they compare, travel between processes, and say no to what cannot be asked."""

import pickle

import pytest
from hypothesis import given

from export_pipeline.errors import ConfigError
from export_pipeline.filters.condition import (
    AllOf,
    AnyOf,
    Condition,
    Operator,
    all_of,
    any_of,
    columns_of,
    conditions_of,
)
from export_pipeline.filters.parse import parse_filter
from export_pipeline_tests.filters.texts import FILTERS

ONE, TWO, THREE = (Condition(name, Operator.IS_NULL) for name in "abc")


@given(chosen=FILTERS)
def test_a_filter_survives_pickling_and_can_be_a_key(chosen: Condition) -> None:
    assert pickle.loads(pickle.dumps(chosen)) == chosen
    assert hash(pickle.loads(pickle.dumps(chosen))) == hash(chosen)


def test_parts_of_the_same_kind_become_one_list() -> None:
    assert all_of([ONE, AllOf((TWO, AllOf((THREE, ONE))))]) == AllOf((ONE, TWO, THREE, ONE))
    assert any_of([AnyOf((ONE, TWO)), AllOf((ONE, TWO))]) == AnyOf((ONE, TWO, AllOf((ONE, TWO))))
    assert all_of([ONE]) == any_of([ONE]) == ONE
    assert all_of([]) is None


def test_its_columns_and_conditions_are_known() -> None:
    chosen = parse_filter("a = 1 and (b = 2 or source.c is null) and a < 5")
    assert columns_of(chosen) == {"a", "b", "c"}
    assert [str(condition) for condition in conditions_of(chosen)] == ["a = 1", "b = 2", "source.c is null", "a < 5"]


@pytest.mark.parametrize(
    ("operator", "values"),
    [
        (Operator.EQ, ()),
        (Operator.EQ, ("1", "2")),
        (Operator.IS_NULL, ("1",)),
        (Operator.IN, ()),
        (Operator.BETWEEN, ("1",)),
        (Operator.LIKE, ("a", "b")),
    ],
)
def test_a_wrong_number_of_values_is_refused(operator: Operator, values: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=rf"filter on a: `{operator}` takes \d.*given are {len(values)}"):
        Condition("a", operator, values)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "😀\udfff"])
def test_text_that_postgresql_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="NUL character or half of a surrogate pair"):
        Condition("a", Operator.EQ, (text,))
    with pytest.raises(ConfigError, match="NUL character or half of a surrogate pair"):
        Condition("a", Operator.IS_NULL, (), (text,))
