"""The charts are well-formed pictures of the counts, small enough to be shown at once, whatever the rows hold."""

import base64
from collections import Counter
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.defs.charts import timeline_chart, values_chart
from export_pipeline.row_counts import Timeline, ValueCounts

START = datetime(2026, 11, 20, 5, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
SHOWN_AT_ONCE = 1_000
"""Characters of Markdown that the UI shows without a click."""


def drawn(chart: str) -> ET.Element:
    """Return the picture in an image's Markdown."""
    head, data = chart.removesuffix(")").split(";base64,")
    assert head.endswith("](data:image/svg+xml")
    return ET.fromstring(base64.b64decode(data, validate=True))


def texts(chart: str) -> list[str]:
    return ["".join(one.itertext()) for one in drawn(chart).iter(f"{SVG}text")]


def timeline(rows: list[int], width: timedelta) -> Timeline:
    return Timeline("timestamp", START, width, np.array(rows))


def path(chart: str) -> str:
    (one,) = drawn(chart).iter(f"{SVG}path")
    return one.attrib["d"]


def test_bars_are_as_high_as_their_hours_have_rows() -> None:
    chart = timeline_chart(timeline([0, 1, 500, 1_000], timedelta(hours=1)))
    assert path(chart) == "M0 60V60h72V59h72V38h72V15h72V60z"
    assert texts(chart) == ["most 1,000 rows in an hour; UTC", "05:00", "07:00", "09:00"]


def test_an_hour_is_drawn_in_minutes() -> None:
    chart = timeline_chart(timeline([7] * 60, timedelta(minutes=1)))
    assert texts(chart) == ["most 7 rows in a minute; UTC", "05:00", "05:30", "06:00"]


@pytest.mark.parametrize(("bins", "width"), [(24, timedelta(hours=1)), (60, timedelta(minutes=1))])
def test_the_usual_charts_are_shown_at_once(bins: int, width: timedelta) -> None:
    rows = [(7_919 * number) % 99_991 for number in range(bins)]
    assert len(timeline_chart(timeline(rows, width))) < SHOWN_AT_ONCE
    levels = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug", "trace", None]
    counts = ValueCounts("log_level", Counter(dict.fromkeys(levels, 123456)))
    assert len(values_chart(counts)) < SHOWN_AT_ONCE


def test_the_most_frequent_values_come_first_then_all_others_then_null() -> None:
    rows: dict[object, int] = {str(number): 100 - number for number in range(12)}
    chart = values_chart(ValueCounts("level", Counter(rows | {None: 400, "": 200}), other=3))
    assert texts(chart)[:3] == ["empty 200", "0 100", "1 99"]
    assert texts(chart)[7:] == ["6 94", f"other {3 + sum(100 - number for number in range(7, 12))}", "NULL 400"]
    assert "M170 127h118M170 142h103" in path(chart)  # the longest is the others' bar


def test_what_only_says_null_or_other_is_told_apart_from_the_real_ones() -> None:
    chart = values_chart(ValueCounts("level", Counter({"NULL": 1, None: 1, "other": 1}), other=1))
    assert sorted(texts(chart)) == ["NULL 1", "NULL 1", "other 1", "other 1"]
    assert ["".join(one.itertext()) for one in drawn(chart).iter(f"{SVG}tspan")] == ["other", "NULL"]


@given(st.lists(st.text(st.characters(), max_size=40), min_size=1, max_size=12, unique=True))
def test_no_value_breaks_the_picture_or_becomes_a_part_of_it(values: list[str]) -> None:
    chart = values_chart(ValueCounts("level", Counter(dict.fromkeys(values, 1))))
    kinds = {one.tag.removeprefix(SVG) for one in drawn(chart).iter()}
    assert kinds <= {"svg", "path", "text", "tspan"}
    assert len(texts(chart)) == min(9, len(values))


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", '"/><image href="x">', "]]>&amp;", "a](b)"])
def test_markup_in_a_value_is_text(value: str) -> None:
    (text,) = texts(values_chart(ValueCounts("level", Counter({value: 5}))))
    short = value if len(value) <= 16 else value[:15] + "…"
    assert text == f"{short} 5"


@pytest.mark.parametrize("value", ["a\x00b", "a\x1bb", "a\u202eb", "a\ud800b", "a\ufffeb", "a\u2066b", "a\nb"])
def test_what_xml_forbids_or_turns_the_text_around_is_replaced(value: str) -> None:
    assert texts(values_chart(ValueCounts("level", Counter({value: 5})))) == ["a\ufffdb 5"]


def test_a_chart_stays_small_with_the_longest_labels() -> None:
    values: dict[object, int] = {chr(0x10400 + number) * 100: 10**15 for number in range(20)}
    assert len(values_chart(ValueCounts("level", Counter(values)))) < 4_000
