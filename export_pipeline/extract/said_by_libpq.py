"""What errors without a SQLSTATE mean: ADBC passes on none of a connection that was not made, or that broke.

There only libpq's text is left, and the driver's status. A server whose `lc_messages` is not English refuses in words
that are not known here: that counts as a server that cannot be reached, and is tried again before it fails.
"""

import re
from typing import Final

import adbc_driver_manager
from adbc_driver_manager import AdbcStatusCode

from export_pipeline.errors import (
    ConfigError,
    SourceAccessError,
    SourceBusyError,
    SourceUnavailableError,
    UnrepresentableValueError,
)
from export_pipeline.extract.sqlstates import BY_CODE, Meaning

_CERTIFICATE = "give the client's certificate and key: EXPORT_SOURCE_TLS_CERTIFICATE and EXPORT_SOURCE_TLS_KEY"
_ROOT = "name the root certificate that signed the server's in EXPORT_SOURCE_TLS_ROOT"
_LOST = "the connection broke; check the network, and the server's log for why"
_BROKEN = (
    r"closed the connection|connection has been closed|SSL SYSCALL|reset by peer|Broken pipe|unexpected eof|"
    r"terminating connection|could not (?:receive|send) data|no connection to the server"
)

# The first that matches counts: what breaks a connection that was there stands before what refuses a new one.
SAID: Final[tuple[tuple[str, Meaning], ...]] = (
    (r"conflict with recovery", BY_CODE["40001"]),
    (r"too many clients|remaining connection slots|too many connections|no more connections", BY_CODE["53300"]),
    (r"statement pooling mode", BY_CODE["08P01"]),
    (
        r"the database system is (?:starting|shutting|in recovery|not)",
        Meaning(SourceUnavailableError, "wait until the server is up"),
    ),
    (
        r"timeout expired|timed out",
        Meaning(SourceUnavailableError, "check the network, or raise EXPORT_CONNECT_TIMEOUT_S"),
    ),
    (
        r"certificate required|valid client certificate|certificate authentication failed",
        Meaning(SourceAccessError, _CERTIFICATE),
    ),
    (
        r"does not match host name",
        Meaning(SourceAccessError, "connect by a name in the certificate, or set EXPORT_SOURCE_TLS=verify-ca"),
    ),
    (r"certificate verify failed|root certificate", Meaning(SourceAccessError, _ROOT)),
    (
        r"does not support SSL",
        Meaning(SourceAccessError, "switch TLS on at the server, or set EXPORT_SOURCE_TLS=prefer"),
    ),
    (
        r"no pg_hba\.conf entry .*no encryption",
        Meaning(SourceAccessError, "set EXPORT_SOURCE_TLS=require, or admit this account in the server's pg_hba.conf"),
    ),
    (r"pg_hba\.conf", Meaning(SourceAccessError, "admit this account from here in the server's pg_hba.conf")),
    (r"(?:certificate|private key) file", Meaning(SourceAccessError, _CERTIFICATE)),
    (
        _BROKEN,
        Meaning(SourceUnavailableError, _LOST),
    ),
    (
        r"unsupported startup parameter",
        Meaning(ConfigError, "leave it out of EXPORT_SOURCE_URL: the pooler in between does not take it"),
    ),
    (r"database .* does not exist", Meaning(SourceAccessError, "check the database in EXPORT_SOURCE_URL")),
    (
        r"could not translate host name",
        Meaning(SourceUnavailableError, "check the host in EXPORT_SOURCE_URL, and that names are resolved here"),
    ),
    (
        r"password|not permitted to log in|role .* does not exist|authentication failed|permission denied",
        Meaning(SourceAccessError, "check user and password in EXPORT_SOURCE_URL"),
    ),
    (r"invalid .*(?:value|number|parameter|option)", Meaning(ConfigError, "mend it in EXPORT_SOURCE_URL")),
    (
        r"invalid response|expected authentication request",
        Meaning(ConfigError, "what answers there is no PostgreSQL: check host and port in EXPORT_SOURCE_URL"),
    ),
    (r"SSL|certificate|private key", Meaning(SourceAccessError, "check the settings EXPORT_SOURCE_TLS…")),
)

_UNREACHABLE: Final = Meaning(SourceUnavailableError, "check that the server runs and can be reached from here")
_UNREADABLE: Final = Meaning(
    UnrepresentableValueError, "the driver cannot read what the server sent: declare the column as text in the dataset"
)

BY_STATUS: Final[dict[AdbcStatusCode, Meaning]] = {
    AdbcStatusCode.UNKNOWN: _UNREADABLE,
    AdbcStatusCode.NOT_IMPLEMENTED: _UNREADABLE,
    AdbcStatusCode.NOT_FOUND: Meaning(SourceAccessError, "check the dataset's table setting"),
    AdbcStatusCode.ALREADY_EXISTS: _UNREADABLE,
    AdbcStatusCode.INVALID_ARGUMENT: _UNREADABLE,
    AdbcStatusCode.INVALID_STATE: _UNREADABLE,
    AdbcStatusCode.INVALID_DATA: _UNREADABLE,
    AdbcStatusCode.INTEGRITY: _UNREADABLE,
    AdbcStatusCode.INTERNAL: _UNREADABLE,
    AdbcStatusCode.IO: _UNREACHABLE,
    AdbcStatusCode.CANCELLED: Meaning(SourceBusyError, "the statement was cancelled"),
    AdbcStatusCode.TIMEOUT: Meaning(SourceBusyError, "raise EXPORT_STATEMENT_TIMEOUT_S"),
    AdbcStatusCode.UNAUTHENTICATED: Meaning(SourceAccessError, "check user and password in EXPORT_SOURCE_URL"),
    AdbcStatusCode.UNAUTHORIZED: BY_CODE["42501"],
}


def meaning_of_text(error: Exception) -> Meaning:
    """Return what an error of the driver's, or of its stream (an OSError), means by its text and status."""
    said = str(error).partition("\nQuery was:")[0]
    for pattern, meaning in SAID:
        if re.search(pattern, said, re.IGNORECASE):
            return meaning
    if isinstance(error, adbc_driver_manager.Error):
        return BY_STATUS.get(error.status_code, _UNREADABLE)
    return _UNREACHABLE
