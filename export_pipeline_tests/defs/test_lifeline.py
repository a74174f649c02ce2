"""A file per process that executes a run: abandoned only when its process ended without removing it."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterInstance, InitResourceContext, IOManager, build_init_resource_context

from export_pipeline.defs.lifeline import abandoned_runs, lifeline, with_lifeline, workers_folder
from export_pipeline.defs.plans import PlanIOManager

HOLD = """
import sys
from pathlib import Path
from export_pipeline.defs.lifeline import lifeline
with lifeline(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_living_process_of_ours_is_not_gone_and_leaves_nothing_when_it_ends(tmp_path: Path) -> None:
    with lifeline(tmp_path, "run"):
        assert abandoned_runs(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_another_process_is_gone_only_once_it_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path), "run"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        assert abandoned_runs(tmp_path) == {}
        other.kill()
    (left,) = tmp_path.iterdir()
    assert abandoned_runs(tmp_path) == {"run": [left]}


def test_one_living_process_speaks_for_the_whole_run(tmp_path: Path) -> None:
    (tmp_path / "run.gone").touch()
    (tmp_path / "other.gone").touch()
    with lifeline(tmp_path, "run"):
        assert list(abandoned_runs(tmp_path)) == ["other"]


def test_a_file_is_never_seen_before_it_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    flock = fcntl.flock

    def look_first(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        seen.append(abandoned_runs(tmp_path))
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", look_first)
    with lifeline(tmp_path, "run"):
        assert seen == [{}]


def test_a_process_that_ends_while_we_look_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = lifeline(tmp_path, "run")
    ending.__enter__()
    flock = fcntl.flock

    def end_first(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        ending.__exit__(None, None, None)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", end_first)
    assert abandoned_runs(tmp_path) == {}


def test_outside_of_a_run_there_is_no_file(instance: DagsterInstance) -> None:
    guarded = with_lifeline(PlanIOManager()).resource_fn
    context = build_init_resource_context(instance=instance)
    assert isinstance(context, InitResourceContext)
    (manager,) = guarded(context)  # type: ignore[call-arg] # a generator, see with_lifeline
    assert isinstance(manager, IOManager)
    assert not workers_folder(instance).exists()
