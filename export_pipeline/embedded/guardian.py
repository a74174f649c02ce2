"""A small process of its own between an owner and its server: it ends the server when the owner is gone.

Its standard input is a pipe whose only write end the owner holds, so that the end of the owner, even by `kill
-9`, reads as end-of-file here. (PR_SET_PDEATHSIG in the owner would fire when the starting *thread* ends, and
macOS has no such thing.) Run by path with the standard library alone, so it starts in a few hundredths of a
second and does not depend on how the project is installed. The owner's side: `lifeline`.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

# PostgreSQL: SIGINT disconnects clients and writes a checkpoint, SIGQUIT leaves at once and recovers later.
_ESCALATION = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_PR_SET_PDEATHSIG = 1


def guard(command: Sequence[str], lock_fd: int, uid: int | None, gid: int | None) -> int:
    """Run `command` until it ends or standard input does; return its exit code.

    `lock_fd` stays open here and in `command`. `uid` and `gid` are whom to run as; None: as we are. Processes that
    `command` leaves in its process group are killed.
    """
    server = subprocess.Popen(  # noqa: S603 - the owner's own argument list, no shell
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=[lock_fd],
        process_group=0,
        user=uid,
        group=gid,
        extra_groups=None if uid is None else [],
        # We have one thread, and it lives as long as we do.
        preexec_fn=_prepare_server,  # noqa: PLW1509
    )
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: os.kill(server.pid, signal.SIGINT))
    threading.Thread(target=_end_with_owner, args=(server.pid, ended), daemon=True).start()
    # Seen, but not reaped: until `wait` its number is nobody else's, neither as a process nor as a group.
    os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
    ended.set()
    with contextlib.suppress(PermissionError):  # macOS says so where only the zombie is left
        os.killpg(server.pid, signal.SIGKILL)
    return server.wait()


def _prepare_server() -> None:
    """Run in the server before its program: SIGINT will end it, and on Linux our own end sends one.

    A shell that starts its owner in the background (`… &` in a script) has SIGINT ignored, which is inherited.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _end_with_owner(server_pid: int, ended: threading.Event) -> None:
    """Wait for the end of standard input, then stop the server, at first politely."""
    while os.read(0, 1):
        pass
    for sign, patience_s in _ESCALATION:
        if ended.is_set():
            return
        with contextlib.suppress(ProcessLookupError):  # it may have ended just now
            os.kill(server_pid, sign)
        ended.wait(patience_s)


def main(arguments: Sequence[str]) -> int:
    """Guard what `arguments` say: lock descriptor, uid and gid (`-`: as we are), then the command."""
    lock_fd, uid, gid, *command = arguments
    return guard(command, int(lock_fd), *(None if number == "-" else int(number) for number in (uid, gid)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
