"""Runs `export-pipeline` as a user does: as a process of its own, and looks for what it leaves behind."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

PROGRAM = str(Path(sys.executable).with_name("export-pipeline"))
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("EXPORT_", "DAGSTER_"))}
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
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


@dataclass(slots=True)
class Terminal:
    """A program in a terminal of its own; `drawn` is everything that it drew there so far."""

    process: "subprocess.Popen[bytes]"
    descriptor: int
    drawn: str = ""

    @property
    def text(self) -> str:
        """What was drawn, without colours."""
        return _COLOUR.sub("", self.drawn)

    def wait_for(self, text: str) -> None:
        """Wait until the program has drawn `text`, in whatever colours."""
        while text not in self.text:
            assert self._read(), f"{text!r} never came: {self.drawn}"

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self.descriptor, f"{text}\n".encode())

    def end(self) -> int:
        """Wait until the program has ended; return its exit code."""
        while self._read():
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        """Take what comes next; return whether anything did."""
        ready, _, _ = select.select([self.descriptor], [], [], 60)
        assert ready, f"nothing comes any more: {self.drawn}"
        try:
            part = os.read(self.descriptor, 65_536)
        except OSError:  # how Linux says that the other end is closed
            return False
        self.drawn += part.decode(errors="replace")
        return bool(part)


@contextmanager
def in_terminal(
    *arguments: str | Path, columns: int = 120, environ: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Give the program in a terminal of its own; it is killed at the end of the block."""
    ours, theirs = pty.openpty()
    sized = {"COLUMNS": str(columns), "LINES": "50", "TERM": "xterm"}
    command = [PROGRAM, *map(str, arguments)]
    process = subprocess.Popen(
        command, env=BARE | dict(environ or {}) | sized, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def run_in_terminal(*arguments: str | Path, columns: int, environ: Mapping[str, str] | None = None) -> str:
    """Run the program in a terminal of its own; return everything that it drew there."""
    with in_terminal(*arguments, columns=columns, environ=environ) as terminal:
        assert terminal.end() == 0, terminal.drawn
    return terminal.drawn
