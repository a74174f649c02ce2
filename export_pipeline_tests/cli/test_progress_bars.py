"""Progress bars: drawn in a terminal, nowhere else, one a dataset over all its parts."""

import io

from rich.console import Console

from export_pipeline.cli.progress_bars import ExportBars
from export_pipeline.progress import Progress


def progress(partition: str, rows: int, fmt: str = "parquet", total: int = 100) -> Progress:
    return Progress("logs", fmt, partition, rows, total, 1, 2.0)


def drawn(*steps: Progress, totals: dict[str, int] | None = None, terminal: bool = True) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=140, color_system=None, _environ={})
    with ExportBars(console, totals) as bars:
        for step in steps:
            bars.show(step)
    return text.getvalue()


def test_a_bar_sums_the_parts_of_its_dataset() -> None:
    text = drawn(progress("a", 100), progress("b", 50), progress("a", 100, "csv"), totals={"logs": 600})
    assert "logs a csv" in text
    assert "250 / 600 rows" in text
    assert "42 %" in text
    assert "50 rows/s" in text


def test_a_part_that_goes_on_is_not_counted_twice() -> None:
    assert "100 / 200 rows" in drawn(progress("a", 40), progress("a", 100), totals={"logs": 200})


def test_without_totals_a_bar_is_as_long_as_the_one_export() -> None:
    assert "100 / 100 rows  100 %" in drawn(progress("a", 100))


def test_nothing_is_drawn_where_there_is_no_terminal() -> None:
    assert drawn(progress("a", 100), terminal=False).strip() == ""
