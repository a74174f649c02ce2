"""Runs `export-pipeline` as a user does: as a process of its own, and looks for what it leaves behind."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

PROGRAM = str(Path(sys.executable).with_name("export-pipeline"))
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("EXPORT_", "DAGSTER_"))}
Done = subprocess.CompletedProcess[str]


def run(*arguments: str | Path, environ: Mapping[str, str] | None = None, timeout_s: float = 120) -> Done:
    """Run the program to its end, its output going into pipes."""
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.run(
        command, env=BARE | dict(environ or {}), capture_output=True, text=True, timeout=timeout_s, check=False
    )


@contextmanager
def kept_state(environ: Mapping[str, str]) -> Iterator[None]:
    """Give a command in this process the environment of a fresh one; take back what it does to ours."""
    before = dict(os.environ)
    handlers = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    os.environ.clear()
    os.environ.update(BARE | dict(environ))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        for sign, handler in handlers.items():
            signal.signal(sign, handler)


def start(
    *arguments: str | Path, environ: Mapping[str, str] | None = None, output: TextIO | int = subprocess.PIPE
) -> "subprocess.Popen[str]":
    """Start the program with everything it prints in one pipe, or in a file."""
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.Popen(
        command,
        env=BARE | dict(environ or {}),
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_in_terminal(*arguments: str | Path, columns: int, environ: Mapping[str, str] | None = None) -> str:
    """Run the program in a terminal of its own; return everything that it drew there."""
    ours, theirs = pty.openpty()
    sized = {"COLUMNS": str(columns), "LINES": "50", "TERM": "xterm"}
    command = [PROGRAM, *map(str, arguments)]
    process = subprocess.Popen(
        command, env=BARE | dict(environ or {}) | sized, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    drawn = b""
    try:
        while part := os.read(ours, 65_536):
            drawn += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0, drawn.decode()
    return drawn.decode()
