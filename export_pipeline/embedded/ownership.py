"""Who runs the server of a home folder: the lock that says that one runs, and the file that says where.

The lock (flock) is inherited by the guardian and the server, so it is held exactly as long as one of their
processes lives: no stale lock after `kill -9`, and never two servers over one data folder. `server.json` is
written when the server answers; it means something only while the lock is held.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass

from export_pipeline.embedded.home import Home, write_private


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers on 127.0.0.1:`port`, and the process ids of it, its guardian and its owner."""

    port: int
    server_pid: int
    guardian_pid: int
    owner_pid: int

    def has_owner(self) -> bool:
        """Tell whether the owner still lives; a server without one is about to stop."""
        try:
            os.kill(self.owner_pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:  # somebody else's process, which is one that lives
            return True
        return True


def take_lock(home: Home) -> int | None:
    """Return a descriptor that holds the owner lock, our process id in its file; None when it is held."""
    handle = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    home.state.unlink(missing_ok=True)  # what a killed owner left
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    return handle


def read_lock_holder(home: Home) -> str:
    """Return the process id of whoever took the lock last, for messages."""
    return home.lock.read_text(encoding="ascii") or "unknown"


def write_state(home: Home, running: RunningServer) -> None:
    """Announce the running server to those who want to join."""
    write_private(home.state, json.dumps(asdict(running)))


def read_state(home: Home) -> RunningServer | None:
    """Return what the lock's holder announced; None when it has not yet."""
    try:
        return RunningServer(**json.loads(home.state.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
