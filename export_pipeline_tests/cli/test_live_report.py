"""The lines of `demo --live`: short, in one order, older days by name."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from export_pipeline.cli.live_report import Published, describe
from export_pipeline.embedded.live_writer import Change
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import LAST_DAY
from export_pipeline_tests.flows.running import Exporter


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


def said(changes: list[Change], trouble: str = "", news: list[str] | None = None) -> str:
    return describe(changes, trouble, news or []).plain.partition(" ")[2]


def test_equal_changes_are_added_up_and_named_in_number(today: date) -> None:
    changes = [
        Change("log_entries", today, "changed", 1),
        Change("ip_addresses", today, "inserted", 1),
        Change("log_entries", today, "inserted", 18),
        Change("log_entries", today, "inserted", 18),
        Change("anomaly_records", today, "inserted", 2),
    ]
    assert said(changes) == "+36 logs, +2 anomalies, +1 ip, 1 log changed"


def test_older_days_come_behind_today_oldest_first(today: date) -> None:
    one, two = today - timedelta(days=1), today - timedelta(days=2)
    changes = [Change("log_entries", one, "deleted", 1), Change("anomaly_records", two, "changed", 3)]
    assert said(changes) == f"nothing written; {two}: 3 anomalies changed; {one}: 1 log deleted"


def test_trouble_and_news_are_said(today: date) -> None:
    line = said([], "lock timeout", ["logs 2026-11-20", "ips 2026-11-20"])
    assert line == "nothing written; lock timeout; published: logs 2026-11-20, ips 2026-11-20"


def test_only_what_was_published_since_the_last_look_is_news(source_url: str, tmp_path: Path) -> None:
    exporter = Exporter(source_url, tmp_path)
    exporter.run(LAST_DAY.isoformat())
    published = Published(Settings.load(source_url=source_url, root=str(tmp_path)))
    assert published.news() == []
    exporter.run(LAST_DAY.isoformat())
    assert published.news() == [f"logs {LAST_DAY}"]
    assert published.news() == []
