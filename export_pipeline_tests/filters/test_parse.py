"""Filters as people write them: what is understood, and what is said of the rest."""

import re
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from export_pipeline.errors import ConfigError
from export_pipeline.filters.condition import AllOf, AnyOf, Condition, Filter, Operator
from export_pipeline.filters.parse import MAX_DEPTH, parse_filter
from export_pipeline_tests.filters.texts import FILTERS

O = Operator  # noqa: E741 - short, for the table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("syslog_severity<=4", Condition("syslog_severity", O.LE, ("4",))),
        ("log_level in (ERROR, 'it''s')", Condition("log_level", O.IN, ("ERROR", "it's"))),
        ("log_level NOT  In('a')", Condition("log_level", O.NOT_IN, ("a",))),
        ("message ilike '%timeout%'", Condition("message", O.ILIKE, ("%timeout%",))),
        ("message LIKE %x_", Condition("message", O.LIKE, ("%x_",))),
        ("d->'a'->>'b' = 'x'", Condition("d", O.EQ, ("x",), ("a", "b"))),
        ("d.a.b = x", Condition("d", O.EQ, ("x",), ("a", "b"))),
        ("d.a[0].b[-1] = x", Condition("d", O.EQ, ("x",), ("a", "0", "b", "-1"))),
        ("d->0->>-1 = x", Condition("d", O.EQ, ("x",), ("0", "-1"))),
        ("d.\"odd key\"->'it''s' = x", Condition("d", O.EQ, ("x",), ("odd key", "it's"))),
        ("pushed_at is null", Condition("pushed_at", O.IS_NULL)),
        ("pushed_at Is Not NULL", Condition("pushed_at", O.IS_NOT_NULL)),
        ("severity between 3 and 5", Condition("severity", O.BETWEEN, ("3", "5"))),
        ("source.log_level = 'err'", Condition("log_level", O.EQ, ("err",), of_source=True)),
        ("Source . d.a = 1", Condition("d", O.EQ, ("1",), ("a",), of_source=True)),
        ("source = 'x'", Condition("source", O.EQ, ("x",))),
        ('"source".a = x', Condition("source", O.EQ, ("x",), ("a",))),
        ('"my ""col""" <> 1', Condition('my "col"', O.NE, ("1",))),
        ("größe≠1", Condition("größe", O.NE, ("1",))),
        ("a≤1", Condition("a", O.LE, ("1",))),
        ("a ≥ -1.5e3", Condition("a", O.GE, ("-1.5e3",))),
        ("at >= 2026-11-20T05:00:00+02:00", Condition("at", O.GE, ("2026-11-20T05:00:00+02:00",))),
        ("ip=::1", Condition("ip", O.EQ, ("::1",))),
        ("a = ''", Condition("a", O.EQ, ("",))),
        ("a = 'null'", Condition("a", O.EQ, ("null",))),
        ("a = 'line\nbreak'", Condition("a", O.EQ, ("line\nbreak",))),
        ("inside = 1", Condition("inside", O.EQ, ("1",))),
    ],
)
def test_one_condition(text: str, expected: Condition) -> None:
    assert parse_filter(text) == expected
    assert parse_filter(f"  (\n{text}\t) ") == expected


def test_and_binds_closer_than_or_and_parentheses_closest() -> None:
    a, b, c = (Condition(name, O.EQ, ("1",)) for name in "abc")
    assert parse_filter("a=1 and b=1 or c=1") == AnyOf((AllOf((a, b)), c))
    assert parse_filter("a=1 AND (b=1 OR c=1)") == AllOf((a, AnyOf((b, c))))
    assert parse_filter("a=1 and (b=1 and c=1)") == AllOf((a, b, c))
    assert parse_filter("a between 1 and 2 and b=1") == AllOf((Condition("a", O.BETWEEN, ("1", "2")), b))


@given(chosen=FILTERS)
def test_the_text_of_a_filter_is_read_back_as_that_filter(chosen: Filter) -> None:
    assert parse_filter(str(chosen)) == chosen


@pytest.mark.parametrize(
    ("text", "place", "expected", "found"),
    [
        ("", 1, "a column", "the end"),
        ("  ", 3, "a column", "the end"),
        ("a", 2, "one of = != < <= > >= in, not in", "the end"),
        ("a ! 1", 3, "one of =", "'! 1'"),
        ("a =", 4, "a value", "the end"),
        ("a = ,", 5, "a value", "','"),
        ("a = 'x", 5, "a value", '"\'x"'),
        ("a = null", 5, "ask for NULL with `is null`", "'null'"),
        ("a = and", 5, "the word itself stands in single quotes", "'and'"),
        ("a in 1", 6, "`(` and a list of values", "'1'"),
        ("a in ()", 7, "a value", "')'"),
        ("a in (1", 8, "`,` or `)`", "the end"),
        ("a between 1 or 2", 13, "`and` and the upper bound", "'or 2'"),
        ("a is 1", 3, "one of =", "'is 1'"),
        ("not a = 1", 1, "a column", "'not a = 1'"),
        ("(a = 1", 7, "`and`, `or` or `)`", "the end"),
        ("a = 1)", 6, "`and`, `or` or the end", "')'"),
        ("a = 1 b = 2", 7, "`and`, `or` or the end", "'b = 2'"),
        ("at > 2026-11-20 05:00", 17, "a value with blanks stands in single quotes", "'05:00'"),
        ("a = 1; drop table t", 6, "`and`, `or` or the end", "'; drop table t'"),
        ("5 = a", 1, "a column", "'5 = a'"),
        ("d->a = 1", 2, "one of =", "'->a = 1'"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(
    text: str, place: int, expected: str, found: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_filter(text)
    message = str(caught.value)
    assert f"at character {place} expected " in message
    assert expected in message
    assert message.endswith(f"found {found}")
    assert repr(text) in message


@given(
    text=st.text()
    | st.text(alphabet="ab=<>!()'\"., -[]0\\\n\0")
    | st.from_regex(r"(a|and|or|not|in|is|null|between|=|<|\(|\)|'x'|,| )*")
)
@example(text="a = '\0'")
@example(text="a.\ud800 = 1")
@example(text="(" * 100_000)
@example(text="a = 1 and " * 10_000)
def test_any_text_is_a_filter_or_a_config_error(text: str) -> None:
    message = ""
    try:
        parse_filter(text)
    except ConfigError as error:
        message = str(error)
    assert len(message) < 600


def test_ten_thousand_values_are_read_in_a_moment() -> None:
    values = [f"it's {number}" for number in range(10_000)]
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    before = process_time()
    assert parse_filter(f"a in ({listed})") == Condition("a", O.IN, tuple(values))
    assert process_time() - before < 1


def test_parentheses_nest_up_to_a_limit_that_is_told() -> None:
    assert parse_filter("(" * MAX_DEPTH + "a=1" + ")" * MAX_DEPTH) == Condition("a", O.EQ, ("1",))
    with pytest.raises(ConfigError, match=re.escape(f"no more than {MAX_DEPTH} parentheses in one another")):
        parse_filter("(" * (MAX_DEPTH + 1) + "a=1" + ")" * (MAX_DEPTH + 1))


def test_a_long_text_is_shown_around_the_mistake_only() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_filter("a in (" + "x, " * 10_000 + ")")
    assert "'…" in str(caught.value)
    assert len(str(caught.value)) < 400
