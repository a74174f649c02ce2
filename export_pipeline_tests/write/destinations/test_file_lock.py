import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from export_pipeline.errors import DestinationUnavailableError
from export_pipeline.write.destinations.file_lock import hold_lock, try_lock


def test_a_held_lock_is_not_had_in_time_and_named(tmp_path: Path) -> None:
    lock = tmp_path / "a" / "x.lock"
    with (
        hold_lock(lock, 0),
        pytest.raises(DestinationUnavailableError, match=r"x\.lock.*0\.1 s"),
        hold_lock(lock, 0.1),
    ):
        pass


def test_a_lock_is_had_as_soon_as_it_is_free(tmp_path: Path) -> None:
    lock, order = tmp_path / "x.lock", []

    def wait() -> None:
        with hold_lock(lock, 10):
            order.append("second")

    with hold_lock(lock, 0):
        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.1)
        order.append("first")
    waiter.join()
    assert order == ["first", "second"]


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from export_pipeline.write.destinations.file_lock import hold_lock\n"
        "with hold_lock(Path(sys.argv[1]), 0): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(lock)], check=False).returncode == -9
    with hold_lock(lock, 0):
        pass


def test_a_lock_removed_by_its_holder_is_made_anew(tmp_path: Path) -> None:
    lock, had = tmp_path / "folder" / "x.lock", []

    def wait() -> None:
        with hold_lock(lock, 10):
            had.append(lock.exists())

    with hold_lock(lock, 0):
        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.1)
        lock.unlink()
        lock.parent.rmdir()
    waiter.join()
    assert had == [True]


def test_a_lock_on_a_removed_file_locks_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "x.lock"
    really_open = os.open

    def open_then_lose(path: Path, *details: int) -> int:
        descriptor = really_open(path, *details)
        path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_then_lose)
    assert try_lock(lock) is None
