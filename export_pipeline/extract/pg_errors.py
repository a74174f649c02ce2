"""The one place where PostgreSQL's and the driver's errors become ours.

The SQLSTATE decides, where there is one (`sqlstates.py`), else what libpq and the driver say (`said_by_libpq.py`).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_manager

from export_pipeline.errors import ExportError
from export_pipeline.extract.said_by_libpq import meaning_of_text
from export_pipeline.extract.sqlstates import meaning_of

_SEVERITY = re.compile(r"(?:ERROR|FATAL|PANIC):\s+(?P<said>.+)")
_DRIVER_PREFIX = re.compile(r"^\w+: (?:\[libpq\] )?(?:Failed to connect: )?")


@contextmanager
def source_errors(where: str) -> Iterator[None]:
    """Turn any driver error inside into one of ours whose message starts with `where`."""
    try:
        yield
    except (adbc_driver_manager.Error, OSError) as error:
        raise translate(error, where) from error


def translate(error: Exception, where: str) -> ExportError:
    """Return our error for the driver's: which class, what the server said, what to do next."""
    sqlstate, said = getattr(error, "sqlstate", None), _first_line(str(error))
    meaning = meaning_of(sqlstate) if sqlstate else meaning_of_text(error)
    code = f" [SQLSTATE {sqlstate}]" if sqlstate else ""
    next_step = f"; {meaning.next_step}" if meaning.next_step else ""
    return meaning.kind(f"{where}: {said}{code}{next_step}")


def _first_line(text: str) -> str:
    """Return what the server said, without the driver's prefixes, the query's text and the hints below it."""
    if said := _SEVERITY.search(text):
        return said["said"].strip()
    lines = text.strip().splitlines() or ["no message"]
    return _DRIVER_PREFIX.sub("", lines[0]).strip()
