import os
import sys
from pathlib import Path

from export_pipeline.embedded.lifeline import Lifeline
from export_pipeline_tests.processes import alive, wait_until

NAP = [sys.executable, "-c", "import time; time.sleep(60)"]


def open_lifeline(folder: Path, command: list[str]) -> Lifeline:
    lock_fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT)
    line = Lifeline(command, account=None, lock_fd=lock_fd, log=folder / "log")
    os.close(lock_fd)
    return line


def test_lifeline_holds_the_process_until_its_end(tmp_path: Path) -> None:
    line = open_lifeline(tmp_path, NAP)
    assert line.is_held()
    assert not line.is_broken()
    line.end()
    line.end()
    assert not line.is_held()
    assert line.is_broken()
    assert not alive({line.guardian_pid})


def test_lifeline_of_a_process_that_ends_by_itself_is_broken(tmp_path: Path) -> None:
    line = open_lifeline(tmp_path, [sys.executable, "-c", "print('last words')"])
    wait_until(line.is_broken)
    line.end()
    assert (tmp_path / "log").read_text() == "last words\n"


def test_fork_drops_its_copy_of_the_lifeline(tmp_path: Path) -> None:
    line = open_lifeline(tmp_path, NAP)
    child = os.fork()
    if child == 0:
        os._exit(1 if line.is_held() else 0)
    assert os.waitpid(child, 0)[1] == 0
    assert line.is_held()
    line.end()
