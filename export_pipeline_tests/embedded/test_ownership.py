import os
from pathlib import Path

import pytest

from export_pipeline.embedded.home import Home
from export_pipeline.embedded.ownership import (
    RunningServer,
    read_lock_holder,
    read_state,
    take_lock,
    write_state,
)
from export_pipeline_tests.processes import alive


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def find_free_pid() -> int:
    return next(pid for pid in range(30_000, 1_000_000) if not alive({pid}))


def test_lock_is_had_by_one_at_a_time_and_names_its_holder(home: Home) -> None:
    first = take_lock(home)
    assert first is not None
    assert take_lock(home) is None
    assert read_lock_holder(home) == str(os.getpid())
    os.close(first)
    second = take_lock(home)
    assert second is not None
    os.close(second)


def test_lock_lives_as_long_as_any_copy_of_it(home: Home) -> None:
    lock_fd = take_lock(home)
    assert lock_fd is not None
    copy = os.dup(lock_fd)
    os.close(lock_fd)
    assert take_lock(home) is None
    os.close(copy)


def test_state_left_by_a_killed_owner_ends_with_the_next_lock(home: Home) -> None:
    running = RunningServer(port=1, server_pid=2, guardian_pid=3, owner_pid=4)
    assert read_state(home) is None
    write_state(home, running)
    assert read_state(home) == running
    lock_fd = take_lock(home)
    assert lock_fd is not None
    assert read_state(home) is None
    os.close(lock_fd)


@pytest.mark.parametrize(
    ("owner_pid", "lives"), [(os.getpid(), True), (1, True), (find_free_pid(), False)], ids=["us", "init", "nobody"]
)
def test_owner_is_known_to_live_or_not(owner_pid: int, *, lives: bool) -> None:
    assert RunningServer(1, 2, 3, owner_pid).has_owner() is lives
