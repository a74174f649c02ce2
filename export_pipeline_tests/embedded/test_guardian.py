import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from export_pipeline.embedded import guardian

NAP = [sys.executable, "-c", "import time; time.sleep(60)"]
_IGNORE_INTERRUPTS = """
import pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""
STUBBORN = [sys.executable, "-c", _IGNORE_INTERRUPTS]


@pytest.fixture
def owner_end() -> Iterator[int]:
    """Put a pipe in the place of standard input, as the owner does; give the owner's end of it."""
    kept, (read_end, write_end) = os.dup(0), os.pipe()
    os.dup2(read_end, 0)
    os.close(read_end)
    handler = signal.getsignal(signal.SIGTERM)
    yield write_end
    signal.signal(signal.SIGTERM, handler)
    os.dup2(kept, 0)
    os.close(kept)


@pytest.fixture
def lock_fd(tmp_path: Path) -> Iterator[int]:
    handle = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    yield handle
    os.close(handle)


def close_later(handle: int, ready: Path | None = None) -> None:
    def close() -> None:
        while ready and not ready.exists():
            time.sleep(0.01)
        os.close(handle)

    threading.Thread(target=close).start()


def test_end_of_the_owner_interrupts_the_server(owner_end: int, lock_fd: int) -> None:
    close_later(owner_end)
    assert guardian.main([str(lock_fd), "-", "-", *NAP]) in (-signal.SIGINT, 1, 130)


def test_bytes_from_the_owner_are_not_its_end(owner_end: int, lock_fd: int) -> None:
    os.write(owner_end, b"still here")
    close_later(owner_end)
    assert guardian.guard(NAP, lock_fd, None, None) in (-signal.SIGINT, 1, 130)


def test_server_that_ends_by_itself_ends_the_guardian_with_its_code(owner_end: int, lock_fd: int) -> None:
    assert guardian.guard([sys.executable, "-c", "raise SystemExit(3)"], lock_fd, None, None) == 3
    os.close(owner_end)


def test_server_that_ignores_the_polite_signals_is_killed(
    owner_end: int, lock_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    escalation = ((signal.SIGINT, 0.1), (signal.SIGINT, 0.1), (signal.SIGKILL, 5.0))
    monkeypatch.setattr(guardian, "_ESCALATION", escalation)
    close_later(owner_end, tmp_path / "ready")
    assert guardian.guard([*STUBBORN, str(tmp_path / "ready")], lock_fd, None, None) == -signal.SIGKILL


def test_server_that_outlives_every_signal_is_given_up_on(
    owner_end: int, lock_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "_ESCALATION", ((signal.SIGINT, 0.1),))
    ready = tmp_path / "ready"
    command = [*STUBBORN, str(ready)]
    command[2] = command[2].replace("time.sleep(60)", "time.sleep(1)")
    close_later(owner_end, ready)
    assert guardian.guard(command, lock_fd, None, None) == 0


def test_server_runs_as_the_given_account_and_inherits_the_lock(owner_end: int, lock_fd: int) -> None:
    uid, gid = (65534, 65534) if os.geteuid() == 0 else (None, None)
    wanted = os.geteuid() if uid is None else uid
    check = f"test $(id -u) = {wanted} && test -e /dev/fd/{lock_fd}"
    assert guardian.guard(["/bin/sh", "-c", check], lock_fd, uid, gid) == 0
    os.close(owner_end)


def test_terminated_guardian_stops_the_server_first(owner_end: int, lock_fd: int) -> None:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert guardian.guard(NAP, lock_fd, None, None) in (-signal.SIGINT, 1, 130)
    os.close(owner_end)


def test_what_the_server_leaves_running_is_killed(owner_end: int, lock_fd: int, tmp_path: Path) -> None:
    left = tmp_path / "pid"
    assert guardian.guard(["/bin/sh", "-c", f"sleep 60 & echo $! > {left}"], lock_fd, None, None) == 0
    os.close(owner_end)
    state = Path(f"/proc/{left.read_text(encoding='ascii').strip()}/stat")
    for _ in range(100):
        if not state.exists() or " Z " in state.read_text(encoding="ascii"):
            return
        time.sleep(0.05)
    pytest.fail("the straggler still runs")
