"""The one place where PostgreSQL's and the driver's errors become ours.

The SQLSTATE decides, where there is one (PostgreSQL manual, appendix A). A failure to connect carries none: there
libpq's text tells a refusal of this account from a server that is not there.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_manager

from export_pipeline.errors import (
    ConfigError,
    ExportError,
    SchemaDriftError,
    SourceAccessError,
    SourceBusyError,
    SourceUnavailableError,
    UnrepresentableValueError,
)

_BY_SQLSTATE: dict[str, type[ExportError]] = {
    "08": SourceUnavailableError,
    "0A": ConfigError,
    "22": UnrepresentableValueError,
    "25P03": SourceBusyError,
    "25P04": SourceBusyError,
    "28": SourceAccessError,
    "3D": SourceAccessError,
    "3F": SourceAccessError,
    "40": SourceBusyError,
    "42": ConfigError,
    "42501": SourceAccessError,
    "42703": SchemaDriftError,
    "42P01": SourceAccessError,
    "53": SourceBusyError,
    "55": SourceBusyError,
    "57": SourceUnavailableError,
    "57014": SourceBusyError,
    "58": SourceUnavailableError,
}

_NEXT_STEP: dict[str, str] = {
    "22021": "the database holds text that is not valid UTF-8; mend those rows",
    "25P03": "raise EXPORT_IDLE_IN_TRANSACTION_TIMEOUT_S, or find what holds the export up",
    "42501": "grant the account SELECT on the table; with row-level security also BYPASSRLS",
    "42P01": "check the dataset's table setting and the search_path of the account",
    "42703": "check the dataset's column map against the table",
    "53300": "raise max_connections, or lower the number of exports at once",
    "55P03": "another session locks the table; wait for it, or raise EXPORT_LOCK_TIMEOUT_S",
    "57014": "the statement was cancelled or took too long; raise EXPORT_STATEMENT_TIMEOUT_S",
}

_REFUSED = re.compile(
    r"password authentication failed|no password supplied|pg_hba\.conf|does not exist|certificate|SSL|"
    r"not permitted to log in|permission denied",
    re.IGNORECASE,
)
_BUSY = re.compile(r"too many clients|remaining connection slots|too many connections", re.IGNORECASE)
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
    sqlstate = getattr(error, "sqlstate", None)
    said = _first_line(str(error))
    if sqlstate:
        next_step = _NEXT_STEP.get(sqlstate)
        message = f"{where}: {said} [SQLSTATE {sqlstate}]"
        return _class_of(sqlstate)(f"{message}; {next_step}" if next_step else message)
    return _without_sqlstate(error, where, said)


def _class_of(sqlstate: str) -> type[ExportError]:
    return _BY_SQLSTATE.get(sqlstate) or _BY_SQLSTATE.get(sqlstate[:2], SourceAccessError)


def _without_sqlstate(error: Exception, where: str, said: str) -> ExportError:
    if _BUSY.search(str(error)):
        return SourceBusyError(f"{where}: {said}; {_NEXT_STEP['53300']}")
    if _REFUSED.search(str(error)):
        return SourceAccessError(f"{where}: {said}; check user, password, database and TLS in EXPORT_SOURCE_URL")
    if isinstance(error, (adbc_driver_manager.OperationalError, OSError)):
        return SourceUnavailableError(f"{where}: {said}; check that the server runs and can be reached from here")
    return UnrepresentableValueError(f"{where}: the driver cannot read what the server sent: {said}")


def _first_line(text: str) -> str:
    """Return what the server said, without the driver's prefixes, the query's text and the hints below it."""
    if said := _SEVERITY.search(text):
        return said["said"].strip()
    lines = text.strip().splitlines() or ["no message"]
    return _DRIVER_PREFIX.sub("", lines[0]).strip()
