"""`export-pipeline dev`: the home in the Dagster UI. Everything it starts ends with it, even after `kill -9`."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

from rich.console import Console

from export_pipeline.cli.home import Home, open_home, running_server
from export_pipeline.embedded import guardian
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError, EmbeddedServerError

_LOOK_S = 1.0
_STOP_S = 60


Beside = Callable[[EmbeddedServer], AbstractContextManager[object]]


def run_dev(folder: Path, port: int, beside: Beside = nullcontext, log: str | None = None) -> int:
    """Run the UI, and `beside` it whatever that does, until Ctrl-C or SIGTERM; return 0.

    What Dagster prints goes to the file `log` of the home, or else where ours goes.
    Raises: EmbeddedServerError when a part of it ends by itself, ConfigError when the port or the home is in use.
    """
    home = open_home(folder)
    try:
        with _only_one(home) as lock_fd, running_server(home, waits=False) as server:
            require_free(port)
            Console(highlight=False).print(
                f"Dagster UI: http://127.0.0.1:{port} in about 20 s (Ctrl-C stops it and the database)",
                markup=False,
                soft_wrap=True,
            )
            with (
                _output(home, log) as output,
                _guarded(_dagster_dev(port), lock_fd, home, output) as ui,
                beside(server),
            ):
                _wait(ui, server, f"{home.folder / log}" if log else "the lines above")
    except KeyboardInterrupt:
        return 0


def _wait(ui: "subprocess.Popen[bytes]", server: EmbeddedServer, said: str) -> NoReturn:
    """Wait until the UI or the database ends, which only happens by itself. Raises: EmbeddedServerError."""
    while not server.has_ended() and ui.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            ui.wait(_LOOK_S)
    ended = "the database" if server.has_ended() else "the UI, its daemon or its code server"
    raise EmbeddedServerError(
        f"{ended} has ended, so everything is stopped; why, {said} or the log in {server.home} say. "
        "Run `export-pipeline dev` again: runs and backfills that were under way go on"
    )


def _output(home: Home, log: str | None) -> AbstractContextManager[BinaryIO | None]:
    return nullcontext() if log is None else (home.folder / log).open("wb")


def require_free(port: int) -> None:
    """Raise ConfigError when something listens on `port`: the webserver would say it in a traceback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the webserver does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigError(f"port {port} of 127.0.0.1: {error.strerror}; choose another with --port") from error


def _dagster_dev(port: int) -> list[str]:
    # `dagster dev` warns that `dg dev` is to follow it, which needs a project made by `dg`.
    python = [sys.executable, "-W", "ignore::FutureWarning"]
    place = ["--host", "127.0.0.1", "--port", str(port)]
    return [
        *python,
        "-m",
        "dagster",
        "dev",
        "-m",
        "export_pipeline.definitions",
        *place,
        "--log-level",
        "error",
    ]


@contextmanager
def _guarded(
    command: list[str], lock_fd: int, home: Home, output: BinaryIO | None
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `command` under a guardian, which stops it when our end of its standard input closes."""
    ui = subprocess.Popen(  # noqa: S603 - our own script and command, no shell
        [sys.executable, "-I", "-S", guardian.__file__, str(lock_fd), "-", "-", *command],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        cwd=home.dagster,
        pass_fds=[lock_fd],
        start_new_session=True,  # Ctrl-C is for us; we pass it on in order
    )
    try:
        yield ui
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, signal.SIG_IGN)  # a second one must not leave anything running
        if ui.stdin is not None:
            ui.stdin.close()  # the guardian reads this as our end, and stops the UI
        ui.wait(_STOP_S)


@contextmanager
def _only_one(home: Home) -> Iterator[int]:
    """Hold the home's `dev` lock. Raises: ConfigError when another process holds it."""
    lock_fd = os.open(home.folder / "dev.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock_fd)
        raise ConfigError(
            f"`export-pipeline dev` runs for {home.folder} already; stop it, or choose another --home"
        ) from None
    try:
        yield lock_fd
    finally:
        os.close(lock_fd)
