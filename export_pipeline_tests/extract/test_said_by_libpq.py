"""Errors without a SQLSTATE: what libpq says of connections that are not made, provoked for real, and of lost ones."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import adbc_driver_manager
import pytest
from adbc_driver_manager import AdbcStatusCode

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import (
    ConfigError,
    ExportError,
    SourceAccessError,
    SourceBusyError,
    SourceUnavailableError,
    UnrepresentableValueError,
)
from export_pipeline.extract.pg_errors import translate
from export_pipeline.extract.said_by_libpq import BY_STATUS
from export_pipeline.extract.source import Source
from export_pipeline_tests.conftest import RunSql

SECRET = "p%40ss-w%23rd"


def refusal(conninfo: str) -> ExportError:
    """Return what connecting raises; nothing that is shown of it holds the password."""
    with pytest.raises(ExportError) as caught:
        Source(conninfo).connect()
    shown = f"{caught.value} {caught.value.__cause__!r}"
    assert "p@ss" not in shown
    assert SECRET not in shown
    return caught.value


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def web_port() -> Iterator[int]:
    """Give a port where something else than PostgreSQL answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with suppress(OSError):  # libpq may have tried only once, and the listener is closed now
                for _ in range(2):  # it tries again without TLS
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.recv(1024)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield listener.getsockname()[1]


def test_a_server_that_is_not_there_may_come_back() -> None:
    error = refusal(f"postgresql://u:{SECRET}@127.0.0.1:1/d")
    assert isinstance(error, SourceUnavailableError)
    assert "Connection refused; check that the server runs" in str(error)


def test_a_host_that_nobody_knows_is_said() -> None:
    error = refusal(f"postgresql://u:{SECRET}@no-such-host.invalid/d")
    assert isinstance(error, SourceUnavailableError)
    assert "check the host in EXPORT_SOURCE_URL" in str(error)


def test_a_server_that_does_not_answer_is_given_up(silent_port: int) -> None:
    error = refusal(f"postgresql://u:{SECRET}@127.0.0.1:{silent_port}/d?connect_timeout=2")
    assert isinstance(error, SourceUnavailableError)
    assert "timeout expired; check the network, or raise EXPORT_CONNECT_TIMEOUT_S" in str(error)


def test_what_is_no_postgresql_is_a_wrong_setting(web_port: int) -> None:
    error = refusal(f"postgresql://u:{SECRET}@127.0.0.1:{web_port}/d")
    assert isinstance(error, ConfigError)
    assert "what answers there is no PostgreSQL" in str(error)


@pytest.mark.parametrize(
    ("parameters", "kind", "next_step"),
    [
        ("/x?sslmode=require", SourceAccessError, "switch TLS on at the server, or set EXPORT_SOURCE_TLS=prefer"),
        ("/x?sslmode=verify-full", SourceAccessError, "switch TLS on|EXPORT_SOURCE_TLS_ROOT"),
        ("/x?sslmode=always", ConfigError, "mend it in EXPORT_SOURCE_URL"),
        ("/x", SourceAccessError, "check user and password"),
    ],
)
def test_each_refusal_says_what_to_set(
    server: EmbeddedServer, parameters: str, kind: type[ExportError], next_step: str
) -> None:
    error = refusal(f"postgresql://u:{SECRET}@127.0.0.1:{server.port}{parameters}")
    assert isinstance(error, kind)
    assert any(step in str(error) for step in next_step.split("|"))


def test_a_database_that_is_not_there_is_said(server: EmbeddedServer) -> None:
    error = refusal(server.url("nowhere"))
    assert isinstance(error, SourceAccessError)
    assert 'database "nowhere" does not exist; check the database' in str(error)


def test_an_account_without_a_free_place_waits_for_one(server: EmbeddedServer, sql: RunSql) -> None:
    sql(server.url("postgres"), "create role crowded login password 'p' connection limit 0")
    error = refusal(f"postgresql://crowded:p@127.0.0.1:{server.port}/postgres")
    assert isinstance(error, SourceBusyError)
    assert "lower the number of exports at once" in str(error)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("IO: SSL SYSCALL error: EOF detected", SourceUnavailableError),
        ("IO: SSL connection has been closed unexpectedly", SourceUnavailableError),
        ("IO: server closed the connection unexpectedly\n\tThis probably means", SourceUnavailableError),
        ("IO: FATAL:  the database system is starting up", SourceUnavailableError),
        ("IO: FATAL:  terminating connection due to administrator command\nSSL SYSCALL", SourceUnavailableError),
        ("IO: FATAL:  terminating connection due to conflict with recovery\nserver closed", SourceBusyError),
        ("IO: FATAL:  sorry, too many clients already", SourceBusyError),
        ("IO: ERROR:  x\nQuery was: SELECT certificate, password FROM t", SourceUnavailableError),
    ],
)
def test_a_connection_that_broke_is_tried_again_tls_or_not(said: str, kind: type[ExportError]) -> None:
    error = adbc_driver_manager.OperationalError(said, status_code=AdbcStatusCode.IO)
    assert type(translate(error, "x")) is kind


def test_every_status_of_the_driver_has_a_meaning() -> None:
    assert set(BY_STATUS) == set(AdbcStatusCode) - {AdbcStatusCode.OK}
    unreadable = adbc_driver_manager.InternalError("INTERNAL: odd bytes", status_code=AdbcStatusCode.INTERNAL)
    assert isinstance(translate(unreadable, "x"), UnrepresentableValueError)
    assert isinstance(translate(OSError("read failed"), "x"), SourceUnavailableError)
