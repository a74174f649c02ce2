"""How the commands show things: tables for people at a terminal, plain lines in a pipe, JSON for programs."""

import json
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from export_pipeline.defs.exports.record import Status

_STYLES = {
    Status.SUCCEEDED: "green",
    Status.RUNNING: "cyan",
    Status.FAILED: "red",
    Status.CANCELED: "yellow",
    Status.DELETED: "dim",
}


def print_json(content: object) -> None:
    """Print `content` to standard output, whatever that is."""
    print(json.dumps(content, indent=2, ensure_ascii=False, default=str))  # noqa: T201 - the command's output


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table at a terminal; in a pipe a line a row, its cells separated by tabs."""
    console = Console(highlight=False)
    if not console.is_terminal:
        for row in (header, *rows):
            print("\t".join(row))  # noqa: T201 - rich would make spaces of the tabs
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for number, name in enumerate(header):
        table.add_column(name, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(Text(cell, style=_style(cell)) for cell in row))
    console.print(table)


def say(text: str) -> None:
    """Say something on standard error, in one line however narrow the terminal is."""
    Console(stderr=True, highlight=False).print(Text(text), soft_wrap=True)


def time_text(moment: datetime | None) -> str:
    """Return a time as people read it, in UTC; a dash for none."""
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")


def count_text(number: int | None) -> str:
    """Return a number with thousands separated; a dash for none."""
    return "-" if number is None else f"{number:,}"


def bytes_text(number: int | None) -> str:
    """Return a size as people read it; a dash for none."""
    return "-" if number is None else decimal(number)


def seconds_text(seconds: float | None) -> str:
    """Return a duration; a dash for none."""
    return "-" if seconds is None else f"{seconds:.1f} s"


def _style(cell: str) -> str:
    return _STYLES.get(Status(cell), "") if cell in set(Status) else ""
