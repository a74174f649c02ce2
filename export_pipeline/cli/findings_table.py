"""Shows findings: as a table for people, as JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from export_pipeline.preflight.finding import Finding, State

_STYLES: Final = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "red"}
_WIDE: Final = 90
"""Columns from which on the subjects stand in a column of their own."""


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print `findings` to standard output; a next step is one line, to be pasted, however narrow the terminal is."""
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))  # noqa: T201
        return
    console = Console(highlight=False)
    width = max((len(finding.subject) for finding in findings), default=0) if console.width >= _WIDE else 0
    for finding in findings:
        if console.is_terminal:
            console.print(_row(finding, width))
        else:
            console.print(Text(f"{finding.state.mark} {finding.subject}: {finding.found}"), soft_wrap=True)
        if finding.next_step:
            console.print(Text(f"  → {finding.next_step}", style=_STYLES[finding.state]), soft_wrap=True)
    counted = {state: sum(finding.state is state for finding in findings) for state in State}
    console.print("  ".join(f"{counted[state]} {state.mark}" for state in State))


def _row(finding: Finding, width: int) -> Table:
    """Return one row of the table; in a narrow terminal its columns stand where they can."""
    row = Table.grid(padding=(0, 1))
    row.add_column()
    row.add_column(min_width=width, no_wrap=True)
    row.add_column(overflow="fold")
    mark = Text(finding.state.mark, style=_STYLES[finding.state])
    row.add_row(mark, Text(finding.subject, style="bold"), Text(finding.found))
    return row
