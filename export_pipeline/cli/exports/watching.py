"""`export-pipeline status`: where an export stands, once or until it has ended."""

import time
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from export_pipeline.cli.exit_codes import EXIT_PERMANENT, EXIT_TRANSIENT
from export_pipeline.cli.exports.rendering import bytes_text, count_text, print_json, seconds_text
from export_pipeline.defs.exports.history import History
from export_pipeline.defs.exports.record import ExportRecord, Status

_LOOK_S: Final = 1.0


def run_status(history: History, export_id: str, *, watch: bool, as_json: bool) -> int:
    """Print where the export stands; with `watch`, until it has ended. Return 0 only when it succeeded.

    With `as_json` only the last state is printed. Raises: ConfigError for an id that is none, or several.
    """
    record = history.find(export_id)
    if as_json:
        while watch and not record.status.has_ended:
            record = _next(history, record)
        print_json(record.as_json())
        return _exit_code(record)
    console = Console(highlight=False)
    if watch and console.is_terminal:
        record = _watch(history, record, console)
    else:
        record = _follow(history, record, console, watch=watch)
    return _exit_code(record)


def _watch(history: History, record: ExportRecord, console: Console) -> ExportRecord:
    """Redraw one line until the export has ended."""
    with Live(_line(record), console=console, refresh_per_second=4) as live:
        while not record.status.has_ended:
            record = _next(history, record)
            live.update(_line(record), refresh=True)
    return record


def _follow(history: History, record: ExportRecord, console: Console, *, watch: bool) -> ExportRecord:
    """Print a line whenever there is news."""
    said = None
    while True:
        if (line := _line(record)) != said:
            console.print(line, soft_wrap=True)
            said = line
        if not watch or record.status.has_ended:
            return record
        record = _next(history, record)


def _next(history: History, record: ExportRecord) -> ExportRecord:
    time.sleep(_LOOK_S)
    return history.find(record.id)


def _line(record: ExportRecord) -> Text:
    told = [f"{record.id} {record.status}"]
    if record.progress:
        told.append(str(record.progress))
    if record.status is Status.SUCCEEDED:
        told.append(f"{count_text(record.rows)} rows, {bytes_text(record.bytes)} in {seconds_text(record.seconds)}")
    if record.error:
        told.append(record.error)
    return Text(": ".join(told))


def _exit_code(record: ExportRecord) -> int:
    if record.status is Status.SUCCEEDED:
        return 0
    return EXIT_PERMANENT if record.status.has_ended else EXIT_TRANSIENT
