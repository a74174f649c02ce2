"""Where the source is and how to talk to it: connection string, timeouts, keepalives. Opens connections.

Which transaction runs on a connection is `snapshot.py`'s business; the environment is read in the package `settings`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from export_pipeline.errors import ConfigError
from export_pipeline.extract.pg_errors import source_errors

APPLICATION_NAME = "export_pipeline"

_STRAY_AT = re.compile(r"postgres(?:ql)?://[^/?#@]*[/?#@][^@]*@")
"""A URL with a password that is not percent-encoded: libpq would take the rest of it for a host or a database."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for the source, in seconds; 0 means no limit."""

    connect_s: int = 10
    lock_s: float = 30
    statement_s: float = 3600
    idle_in_transaction_s: float = 600
    network_silence_s: int = 60
    """After this long without an answer from the network the connection counts as lost."""


@dataclass(frozen=True, slots=True)
class Source:
    """A PostgreSQL database to read from. The connection string holds a password: it is never shown."""

    conninfo: str = field(repr=False)
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        self._parameters()

    def __str__(self) -> str:
        given = self._parameters()
        place = f"{given.get('host', 'localhost')}:{given.get('port', 5432)}/{given.get('dbname', '')}"
        return f"{place} as {given.get('user', 'the default user')}"

    def within(self, limits: Timeouts) -> "Source":
        """Return the source with no timeout longer than that of `limits`; shorter ones stay, and 0 is none."""
        own, longest = asdict(self.timeouts), asdict(limits)
        return replace(
            self, timeouts=Timeouts(**{name: min(own[name] or most, most) for name, most in longest.items()})
        )

    def connect(self) -> "adbc.Connection":
        """Open a connection in autocommit, so that we alone say when a transaction begins.

        Raises: SourceUnavailableError, SourceAccessError.
        """
        with source_errors(f"cannot connect to {self}"):
            return adbc.connect(self._libpq_conninfo(), autocommit=True)

    @contextmanager
    def asking(self) -> Iterator["adbc.Cursor"]:
        """Give a cursor for short questions, in a read-only transaction that ends with the block.

        BEGIN goes by the driver's own call and settings are the transaction's: a pooler passes the session on.
        Raises: SourceUnavailableError, SourceAccessError, SourceBusyError, also for what the block asks.
        """
        connection = self.connect()
        cursor = connection.cursor()
        try:
            with source_errors(f"{self}: asking the server"):
                connection.adbc_connection.set_autocommit(False)
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute(f"SET LOCAL statement_timeout = {round(self.timeouts.statement_s * 1000)}")
                yield cursor
        finally:
            close_quietly(cursor, connection)

    def _parameters(self) -> dict[str, str]:
        return parse_conninfo(self.conninfo)

    def _libpq_conninfo(self) -> str:
        silence_s = self.timeouts.network_silence_s
        keepalives = {
            "keepalives": 1,
            "keepalives_idle": max(1, silence_s // 2),
            "keepalives_interval": max(1, silence_s // 6),
            "keepalives_count": 3,
            "tcp_user_timeout": silence_s * 1000,
        }
        defaults = {
            "connect_timeout": self.timeouts.connect_s,
            "application_name": APPLICATION_NAME,
            "client_encoding": "UTF8",
            **(keepalives if silence_s else {}),
        }
        given = {name: str(value) for name, value in defaults.items()} | self._parameters()
        return make_conninfo("", **given)


def parse_conninfo(conninfo: str) -> dict[str, str]:
    """Return the parameters of a URL or of `name=value …`. Raises: ConfigError, which quotes nothing of it."""
    if not _STRAY_AT.match(conninfo):
        with suppress(psycopg.ProgrammingError):
            return {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    # Not inside of an `except`: the driver's message may quote a part of the string, and so the password.
    raise ConfigError(
        "EXPORT_SOURCE_URL is not a PostgreSQL connection string; "
        "write postgresql://user:password@host:5432/database and percent-encode odd characters"
    )


def conninfo_of(url: str, parameters: Mapping[str, str]) -> str:
    """Return a connection string of `url`, which may be empty, and libpq's `parameters` beside it.

    Raises: ConfigError for a URL that is none.
    """
    if url and not parameters:
        return url
    return make_conninfo("", **{**parse_conninfo(url), **parameters})


def close_quietly(*resources: "adbc.Connection | adbc.Cursor") -> None:
    """Close `resources` in order, even those whose connection is already lost."""
    for resource in resources:
        with suppress(adbc_driver_manager.Error, OSError):
            resource.close()
