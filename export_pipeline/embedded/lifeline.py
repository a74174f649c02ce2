"""The owner's side of the guardian: as long as a `Lifeline` is open in this process, its server runs.

What happens at the other end: `guardian`.
"""

import os
import subprocess
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path

from export_pipeline.embedded import guardian
from export_pipeline.embedded.account import Account, bare_environment

_END_TIMEOUT_S = 40.0  # the guardian's whole escalation, and some


class Lifeline:
    """The write end of the pipe that keeps a guardian and its server alive.

    Nobody but this process may hold it: programs it starts do not (the descriptor is not inheritable), copies
    of it made by a fork close theirs at once.
    """

    def __init__(self, command: Sequence[str], *, account: Account | None, lock_fd: int, log: Path) -> None:
        """Start a guardian that runs `command` as `account`, both writing to `log` and holding `lock_fd`."""
        identity = [str(account.uid), str(account.gid)] if account else ["-", "-"]
        read_end, self._write_end = os.pipe()
        _OPEN.add(self)
        with log.open("ab") as log_file:
            try:
                self._guardian = subprocess.Popen(  # noqa: S603 - our own script and command, no shell
                    [sys.executable, "-I", "-S", guardian.__file__, str(lock_fd), *identity, *command],
                    stdin=read_end,
                    stdout=log_file,
                    stderr=log_file,
                    cwd="/",
                    env=bare_environment(),
                    pass_fds=[lock_fd],
                    start_new_session=True,  # so that Ctrl-C in the owner's terminal is not for the server
                )
            finally:
                os.close(read_end)

    @property
    def guardian_pid(self) -> int:
        """The process id of the guardian."""
        return self._guardian.pid

    def is_held(self) -> bool:
        """Tell whether this process keeps the server alive."""
        return self._write_end >= 0

    def is_broken(self) -> bool:
        """Tell whether the server, and with it the guardian, has ended by itself."""
        return self._guardian.poll() is not None

    def end(self) -> None:
        """Let go: the server stops, clients are disconnected. Returns when it is gone; again does nothing."""
        if self.is_held():
            self.drop()
            self._guardian.wait(_END_TIMEOUT_S)

    def drop(self) -> None:
        """Close this process's hold without waiting; does nothing when it is closed already."""
        if self.is_held():
            os.close(self._write_end)
            self._write_end = -1


_OPEN: "weakref.WeakSet[Lifeline]" = weakref.WeakSet()


def _drop_in_fork() -> None:
    """Run in a child made by a bare fork (multiprocessing's old default): it is not the owner."""
    for line in tuple(_OPEN):
        line.drop()


os.register_at_fork(after_in_child=_drop_in_fork)
