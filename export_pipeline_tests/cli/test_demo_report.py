"""The demo's last words: figures that are never cut, and what is missing by name."""

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from export_pipeline.cli.demo_report import DemoReport, DemoRow, _shortfalls, _sum_up, show_report
from export_pipeline.cli.home import Home

ROW = DemoRow("anomalies", "parquet", 365, 12_345_678, 12_345_678, 54_321, 0, 9_876_543_210, 7654.32, 123_456.7)
REPORT = DemoReport((ROW, replace(ROW, dataset="logs", format="csv")), 365, 730, 61.25, ())


def shown(report: DemoReport, columns: int) -> str:
    text = io.StringIO()
    show_report(report, Home(Path("/srv/home")), Console(file=text, width=columns, highlight=False))
    return text.getvalue()


def test_ten_million_rows_fit_into_80_columns() -> None:
    text = shown(REPORT, 80)
    table = [line for line in text.splitlines() if line.startswith(("dataset", "anomalies", "logs"))]
    assert len(table) == 3
    assert max(map(len, table)) <= 80
    for figure in ("365", "12,345,678", "54,321", "9.9 GB", "7654.32", "123,457"):
        assert figure in table[1]
    for heading in ("dataset", "format", "files", "in source", "published", "invalid", "size", "rows/s"):
        assert heading in table[0]


def test_a_complete_report_says_what_was_done_and_what_comes_next() -> None:
    text = shown(REPORT, 80)
    assert "Published below /srv/home/exports" in text
    assert "Published 730 files in 61.2 s; every row is accounted for." in text
    assert "export-pipeline dev --home /srv/home" in text


def test_trouble_is_named_however_long_it_is() -> None:
    trouble = "logs 2026-11-20 to 2026-11-21: " + "why " * 40
    report = replace(REPORT, troubles=(trouble,))
    assert not report.is_complete
    assert f"✗ {trouble}" in shown(report, 80)
    assert "every row is accounted for" not in shown(report, 80)


def test_partitions_and_rows_that_are_missing_are_found() -> None:
    row = replace(ROW, partitions=364, published_rows=10, quarantined_rows=5)
    assert _shortfalls(row, 365) == [
        "anomalies parquet: 364 of 365 partitions are published",
        "anomalies parquet: 15 of 12345678 rows are accounted for",
    ]
    assert _shortfalls(ROW, 365) == []


def test_nothing_published_has_no_pace() -> None:
    row = _sum_up("logs", "csv", 5, [])
    assert (row.partitions, row.published_rows, row.rows_per_s) == (0, 0, 0.0)
