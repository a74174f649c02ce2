"""Start a private PostgreSQL, or join the one that runs over the same home folder; stop what we started.

This is the door of the package: `start_or_join(home)` gives an `EmbeddedServer`, and URLs are all that anyone
needs from it. One server holds the sample source and Dagster's storage side by side.
"""

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import errors, sql

from export_pipeline.embedded.binaries import Binaries, find_binaries, make_runnable
from export_pipeline.embedded.cluster import SUPERUSER, ensure_cluster, server_command
from export_pipeline.embedded.home import (
    Home,
    Place,
    ensure_password,
    find_place,
    open_home,
)
from export_pipeline.embedded.lifeline import Lifeline
from export_pipeline.embedded.ownership import (
    RunningServer,
    read_lock_holder,
    read_state,
    take_lock,
    write_state,
)
from export_pipeline.errors import EmbeddedServerError

_START_TIMEOUT_S = 60.0  # recovery after a crash included
_JOIN_TIMEOUT_S = 20.0  # another process's initdb and start included
_POLL_S = 0.02
_PORT_ATTEMPTS = 5
_LOG_TAIL_LINES = 15


class EmbeddedServer:
    """A running private PostgreSQL: a context manager that stops the server at its end if it owns it.

    `home` is its folder, `port` its port on 127.0.0.1. `owned` is False when it joined the server of another
    process; that server lives as long as its owner does.
    """

    def __init__(self, home: Home, port: int, lifeline: Lifeline | None) -> None:
        self.home = home.folder
        self.port = port
        self.owned = lifeline is not None
        self._files = home
        self._password = home.read_password()
        self._lifeline = lifeline

    def url(self, database: str, *, driver: str = "postgresql") -> str:
        """Return the connection URL of `database`, password included: not for logs.

        `driver` is the scheme, such as `postgresql+psycopg2` for Dagster's storage.
        """
        return f"{driver}://{SUPERUSER}:{self._password}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def create_database(self, name: str) -> bool:
        """Create the empty database `name`; return False when it was there already."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (errors.DuplicateDatabase, errors.UniqueViolation):  # the second: both at the same time
                return False
        return True

    def has_ended(self) -> bool:
        """Tell whether the server is gone although nobody stopped it; one that was joined, with its owner."""
        if self._lifeline:
            return self._lifeline.is_broken()
        running = read_state(self._files)
        return running is None or not running.has_owner()

    def stop(self) -> None:
        """Stop the server if it is ours, disconnecting its clients; a second call does nothing."""
        if self._lifeline and self._lifeline.is_held():  # a forked copy of the owner holds nothing
            self._files.state.unlink(missing_ok=True)
            self._lifeline.end()
            self._lifeline = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"EmbeddedServer(home={str(self.home)!r}, port={self.port}, owned={self.owned})"


def start_or_join(home: Path, *, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Start a server over the folder `home`, made when missing, or join the one that runs there.

    `settings` are PostgreSQL's own (`{"fsync": "off"}`); a server that is joined keeps those it was started
    with. Raises: EmbeddedServerError, with the last lines of the server's log when it did not come up.
    """
    try:
        files = open_home(home)
        deadline = time.monotonic() + _JOIN_TIMEOUT_S
        while time.monotonic() < deadline:
            if (server := _start(files, settings or {}) or _join(files)) is not None:
                return server
            time.sleep(_POLL_S)
    except OSError as exc:
        raise EmbeddedServerError(
            f"the private PostgreSQL cannot use {home}: {exc}; choose a folder that is yours to write"
        ) from exc
    raise EmbeddedServerError(
        f"{files.folder} is locked by process {read_lock_holder(files)}, but no server answers there since "
        f"{_JOIN_TIMEOUT_S:.0f} s; end that process, or choose another folder"
    )


def _start(home: Home, settings: Mapping[str, str]) -> EmbeddedServer | None:
    """Start the server of `home` as its owner; None when somebody holds the lock."""
    lock_fd = take_lock(home)
    if lock_fd is None:
        return None
    try:
        place = find_place(home)
        ensure_password(home, place.data)
        binaries = make_runnable(find_binaries(), place.account)
        ensure_cluster(binaries, place, home.read_password(), lock_fd)
        if home.log.exists():
            home.log.replace(home.log.with_name("postgres.log.1"))
        return _run(home, place, binaries, settings, lock_fd)
    finally:
        os.close(lock_fd)  # from here on the guardian and the server hold it


def _run(home: Home, place: Place, binaries: Binaries, settings: Mapping[str, str], lock_fd: int) -> EmbeddedServer:
    """Run the cluster on a free port; on another one when a stranger was faster to take that port."""
    for _ in range(_PORT_ATTEMPTS):
        port = _find_free_port()
        command = server_command(binaries, place.data, port, settings)
        lifeline = Lifeline(command, account=place.account, lock_fd=lock_fd, log=home.log)
        server = EmbeddedServer(home, port, lifeline)
        try:
            if _wait_until_ready(server, lifeline):
                server_pid = int((place.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
                write_state(home, RunningServer(port, server_pid, lifeline.guardian_pid, os.getpid()))
                return server
        except BaseException:  # Ctrl-C while waiting leaves no server behind either
            server.stop()
            raise
        server.stop()
        if "Address already in use" not in _read_log_tail(home):
            break
    raise EmbeddedServerError(f"PostgreSQL did not start; the end of {home.log} says:\n{_read_log_tail(home)}")


def _join(home: Home) -> EmbeddedServer | None:
    """Join the server that the lock's holder announced; None when there is none that will stay."""
    running = read_state(home)
    if running is None or not running.has_owner():
        return None
    server = EmbeddedServer(home, running.port, None)
    return server if _answers(server) else None


def _wait_until_ready(server: EmbeddedServer, lifeline: Lifeline) -> bool:
    """Wait until the server answers; False when it ended instead, or took too long."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and not lifeline.is_broken():
        if _answers(server):
            return True
        time.sleep(_POLL_S)
    return False


def _answers(server: EmbeddedServer) -> bool:
    """Tell whether our own server, the one that knows the password, takes a connection now."""
    try:
        psycopg.connect(server.url("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read_log_tail(home: Home) -> str:
    lines = home.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LOG_TAIL_LINES:])
