"""Processes, ports and waiting: what tests of servers and programs share."""

import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def command_of(pid: int) -> str:
    """Return a process's command line; empty when it has just ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    return ""


def free_port() -> int:
    """Return a port that nobody listens on, and that the system gives to no connection meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(10_000)  # `random` gives every worker of the tests the same
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def descendants(pid: int) -> set[int]:
    """Return the processes below `pid`, itself included."""
    parents = {int(folder.name): _parent(folder) for folder in Path("/proc").iterdir() if folder.name.isdigit()}
    found, grew = {pid}, True
    while grew:
        below = {child for child, parent in parents.items() if parent in found} - found
        found, grew = found | below, bool(below)
    return found


def alive(pids: set[int]) -> set[int]:
    """Return those of `pids` that still run; a zombie does not."""
    return {pid for pid in pids if _state(pid) not in {"", "Z", "X"}}


def wait_until(
    is_so: Callable[[], object], within_s: float = 60, otherwise: str | Callable[[], object] = "it did not happen"
) -> None:
    """Wait until `is_so`. Fails with `otherwise` (or what it gives then) when it takes longer than `within_s`."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {within_s:.0f} s: {otherwise if isinstance(otherwise, str) else otherwise()}")
        time.sleep(0.05)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
