"""How late a partition's file was read, and when that matters."""

from datetime import UTC, datetime, timedelta

import pytest

from export_pipeline.extract.selection import Window
from export_pipeline.inspection.finding import Finding
from export_pipeline.inspection.freshness import check_freshness
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.formats.format import WrittenFile
from export_pipeline.write.manifest import Manifest
from export_pipeline_tests.write.samples import manifest_of, snapshot

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
FILE = WrittenFile(3, 10, "a" * 64)


@pytest.mark.parametrize("read_at", [END, END + timedelta(hours=1)])
def test_a_file_that_was_read_after_the_close_is_fresh_for_ever(read_at: datetime) -> None:
    assert found(read_at, END + timedelta(days=900)).passed


@pytest.mark.parametrize(("hours_after_close", "passes"), [(0, True), (6, True), (6.1, False), (48, False)], ids=str)
def test_a_closed_partition_has_a_quarter_of_its_length_for_its_last_export(
    hours_after_close: float, *, passes: bool
) -> None:
    late = found(END - timedelta(hours=3, minutes=5), END + timedelta(hours=hours_after_close))
    assert late.passed is passes
    if not passes:
        assert late.severity is Severity.ERROR
        assert "read 3 h 5 min before the partition closed" in late.summary


def test_it_is_no_loss_as_long_as_the_source_holds_the_same_rows() -> None:
    assert found(END - timedelta(hours=3), END + timedelta(days=9), same=True).passed
    assert found(BEGIN, END - timedelta(hours=1), same=True).passed


@pytest.mark.parametrize(("age_h", "passes"), [(1, True), (6, True), (7, False)])
def test_the_file_of_an_open_partition_may_be_a_quarter_of_its_length_old(age_h: int, *, passes: bool) -> None:
    read_at = BEGIN + timedelta(hours=10)
    stale = found(read_at, read_at + timedelta(hours=age_h))
    assert stale.passed is passes
    assert stale.severity is Severity.WARN


def test_of_an_hour_a_quarter_is_15_minutes() -> None:
    hour = Window(BEGIN, BEGIN + timedelta(hours=1))
    now = BEGIN + timedelta(minutes=40)
    ages = [
        check_freshness(read(now - timedelta(minutes=age)), hour, now, Severity.ERROR, is_same_as_source=False).passed
        for age in (15, 16)
    ]
    assert ages == [True, False]


def found(read_at: datetime, now: datetime, *, same: bool = False) -> Finding:
    return check_freshness(read(read_at), Window(BEGIN, END), now, Severity.ERROR, is_same_as_source=same)


def read(at: datetime) -> Manifest:
    return manifest_of(FILE, snapshot=snapshot(100, taken_at=at))
