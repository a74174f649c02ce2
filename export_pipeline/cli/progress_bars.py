"""Progress bars in the terminal: one a dataset, fed by the flow's progress values."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from export_pipeline.progress import Progress


class ExportBars:
    """A context manager that draws bars on `console`; on anything but a terminal it draws nothing.

    `totals` gives the rows expected per dataset, over all its partitions and formats; without it, a dataset's bar
    is as long as the one export that it shows.
    """

    def __init__(self, console: Console, totals: dict[str, int] | None = None) -> None:
        self._bars = Bars(
            TextColumn("{task.description:<24}"),
            BarColumn(),
            TextColumn("{task.completed:>11,.0f} / {task.total:,.0f} rows  {task.percentage:>3.0f} %"),
            TextColumn("{task.fields[pace]:>15}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._totals = totals or {}
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, dict[tuple[str, str], int]] = {}

    def show(self, progress: Progress) -> None:
        """Move the bar of the progress' dataset."""
        name = progress.dataset
        if name not in self._tasks:
            total = self._totals.get(name, progress.total_rows)
            self._tasks[name] = self._bars.add_task(name, total=total, pace="")
        parts = self._done.setdefault(name, {})
        parts[progress.partition, progress.format_name] = progress.rows
        self._bars.update(
            self._tasks[name],
            completed=sum(parts.values()),
            description=f"{name} {progress.partition} {progress.format_name}",
            pace=f"{progress.rows_per_s:,.0f} rows/s",
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
