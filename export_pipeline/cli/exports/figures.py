"""`export-pipeline stats`: figures over all exports."""

from datetime import UTC, datetime

from export_pipeline.cli.exports.rendering import bytes_text, count_text, print_json, print_table, seconds_text
from export_pipeline.defs.exports.history import History, Wanted
from export_pipeline.defs.exports.stats import Stats, stats_of


def run_stats(history: History, *, as_json: bool) -> None:
    """Print the figures."""
    stats = stats_of(history.each(Wanted()), datetime.now(UTC))
    if as_json:
        print_json(stats.as_json())
        return
    print_table(("", "exports", "rows", "size"), _rows(stats))


def _rows(stats: Stats) -> list[tuple[str, ...]]:
    groups = {"all that succeeded": stats.total}
    groups |= {f"dataset {name}": sums for name, sums in stats.by_dataset.items()}
    groups |= {f"format {name}": sums for name, sums in stats.by_format.items()}
    return [
        *((status, count_text(number), "", "") for status, number in stats.by_status.items()),
        *(
            (name, count_text(sums.exports), count_text(sums.rows), bytes_text(sums.bytes))
            for name, sums in groups.items()
        ),
        ("not deleted yet", "", "", bytes_text(stats.stored_bytes)),
        *((f"requested {day}", count_text(number), "", "") for day, number in stats.last_7_days.items()),
        (f"mean duration: {seconds_text(stats.mean_seconds)}", "", "", ""),
    ]
