"""`export-pipeline demo --live`: the demo, then the UI over tables that keep changing, and what comes of it.

What changes: `embedded/live_writer.py`. What notices: the sensors for new data, which are on here unless somebody
switched them off in the UI.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import psycopg
from rich.console import Console

from export_pipeline.cli.demo import run_demo
from export_pipeline.cli.dev import require_free, run_dev
from export_pipeline.cli.home import SOURCE_DATABASE, SampleRecord
from export_pipeline.cli.live_report import Published, describe
from export_pipeline.embedded.live_rows import EmptyTableError
from export_pipeline.embedded.live_writer import Change, LiveWriter
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ExportError
from export_pipeline.settings import Settings

_EVERY_S: Final = 1.0
_LINE_EVERY: Final = 5
_STOP_S: Final = 10
_LOG: Final = "dagster.log"
_IMPATIENT: Final = {
    "EXPORT_SENSORS_ON": "true",
    "EXPORT_SENSOR_INTERVAL_S": "30",
    "EXPORT_OPEN_PARTITION_DEBOUNCE_S": "60",
}


def run_live(sample: SampleRecord, folder: Path, json_file: Path | None, rate: int, port: int) -> int:
    """Run the demo; when it is complete, run the UI and the writer until Ctrl-C. Returns and raises as both do."""
    require_free(port)
    if failed := run_demo(sample, folder, json_file):
        return failed
    for name, value in _IMPATIENT.items():
        os.environ.setdefault(name, value)
    return run_dev(folder, port, partial(_writing, rate), _LOG)


@contextmanager
def _writing(rate: int, server: EmbeddedServer) -> Iterator[None]:
    """Write, and say what is written and published, in a thread of its own while the block runs."""
    settings, stop = Settings.load(), threading.Event()
    console = Console(highlight=False)
    console.print(_introduction(rate, settings), markup=False, soft_wrap=True)
    make_writer = partial(LiveWriter, server.url(SOURCE_DATABASE), rate, settings.first_partition)
    thread = threading.Thread(
        target=_write, args=(make_writer, settings, stop, console), name="live writer", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_S)


def _introduction(rate: int, settings: Settings) -> str:
    return (
        f"{rate} rows come a second and a few change; now and then something happens to an older day.\n"
        f"The sensors look every {settings.sensor_interval_s} s; today is published every "
        f"{settings.open_partition_debounce_s} s at most. Dagster's own log is {_LOG} in the home."
    )


def _write(make_writer: Callable[[], LiveWriter], settings: Settings, stop: threading.Event, console: Console) -> None:
    writer: LiveWriter | None = None
    published: Published | None = None
    changes, trouble = list[Change](), ""
    for number in range(1, 2**63):
        if stop.wait(_EVERY_S):
            return
        try:
            published = published or Published(settings)
            writer = writer or make_writer()
            changes += writer.write()
        except (psycopg.Error, ExportError, EmptyTableError) as error:
            trouble = str(error).strip().splitlines()[0]
        if number % _LINE_EVERY == 0:
            console.print(describe(changes, trouble, _news(published)), soft_wrap=True)
            changes, trouble = [], ""


def _news(published: Published | None) -> list[str]:
    try:
        return published.news() if published else []
    except ExportError as error:
        return [str(error)]
