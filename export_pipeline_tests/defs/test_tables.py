"""Tables of the UI: quality against its bounds, and cells that are cut, masked and never break their table."""

from dataclasses import asdict
from typing import Any

import pytest
from dagster import MetadataValue, TableMetadataValue

from export_pipeline.defs.tables import markdown, quality_table, sample_table
from export_pipeline.schemas.quality import QualityTally
from export_pipeline.schemas.thresholds import Severity, Threshold
from export_pipeline_tests.conftest import LAST_DAY

VALIDITY = Threshold("validity", 0.9)
FRESH = Threshold("timeliness_s", 60, Severity.ERROR)


def records(table: MetadataValue[Any]) -> list[dict[str, object]]:  # Any: of a table it has no meaning
    assert isinstance(table, TableMetadataValue)
    return [dict(record.data) for record in table.records]


def shown(**measured: object) -> list[tuple[object, ...]]:
    return [tuple(record.values()) for record in records(quality_table(measured, [VALIDITY, FRESH]))]


@pytest.mark.parametrize(("value", "verdict"), [(0.9, "kept"), (0.89, "broken (warn)"), (None, "not measured")])
def test_a_share_keeps_its_bound_or_not(value: float | None, verdict: str) -> None:
    assert shown(rows=10, invalid_rows=1, validity=value) == [("validity", value, "≥ 0.9", verdict)]


@pytest.mark.parametrize(("value", "verdict"), [(60.0, "kept"), (61.0, "broken (error)")])
def test_an_age_has_an_upper_bound(value: float, verdict: str) -> None:
    assert shown(timeliness_s=value) == [("timeliness_s", value, "≤ 60", verdict)]


def test_a_metric_without_a_bound_is_shown_too() -> None:
    assert shown(accuracy=0.123456789, uniqueness=None) == [
        ("accuracy", 0.123456789, None, "no bound"),
        ("uniqueness", None, None, "not measured"),
    ]


def test_a_share_just_below_one_is_not_shown_as_one() -> None:
    assert shown(accuracy=1 - 1e-9) == [("accuracy", 0.999999999, None, "no bound")]


def test_two_bounds_of_one_metric_are_two_rows() -> None:
    strict = Threshold("validity", 0.5, Severity.ERROR)
    rows = records(quality_table({"validity": 0.7}, [VALIDITY, strict]))
    assert [(row["bound"], row["verdict"]) for row in rows] == [("≥ 0.9", "broken (warn)"), ("≥ 0.5", "kept")]


def test_every_metric_there_is_has_a_row() -> None:
    quality = asdict(QualityTally().metrics(published_at=LAST_DAY))  # type: ignore[arg-type] # no newest row: unread
    assert len(records(quality_table(quality, []))) == len(quality) - 2


@pytest.mark.parametrize("value", ["203.0.113.7", 7, True, ["203.0.113.7"], {"a": 1}, float("nan")])
def test_a_personal_value_of_any_type_is_masked(value: object) -> None:
    (row,) = records(sample_table(["address", "other"], [{"address": value, "other": 1}], frozenset({"address"})))
    assert row == {"address": "•••", "other": 1}


def test_a_personal_column_shows_where_it_is_null() -> None:
    (row,) = records(sample_table(["address"], [{"address": None}], frozenset({"address"})))
    assert row == {"address": None}


@pytest.mark.parametrize("text", ["[a](javascript:alert(1))", "<img src=x>", "![a](b)", "a|b", "`c`", "~~d~~"])
def test_markdown_of_the_data_stays_text(text: str) -> None:
    escaped = markdown(text)
    assert escaped.replace("\\", "") == text
    for mark in "[]<>!|`~":
        assert escaped.count(mark) == escaped.count(f"\\{mark}")
