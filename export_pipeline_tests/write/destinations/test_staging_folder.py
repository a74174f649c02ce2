import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from export_pipeline.errors import DestinationError, DestinationUnavailableError
from export_pipeline.write.destinations.file_lock import hold_lock
from export_pipeline.write.destinations.staging_folder import staging_folder


def sweep(root: Path, wait_s: float = 5) -> None:
    """Sweep as the next export does."""
    with staging_folder(root / "sweeper", wait_s):
        pass


def test_the_folder_and_its_empty_parents_are_gone_after_the_block(tmp_path: Path) -> None:
    with staging_folder(tmp_path / "_staging" / "run", 5) as folder:
        (folder / "data").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_block_leaves_nothing_either(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "data").write_text("x")
        raise KeyError

    with pytest.raises(KeyError), staging_folder(tmp_path / "_staging" / "run", 5) as folder:
        fail(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_others_use_stays(tmp_path: Path) -> None:
    with (
        staging_folder(tmp_path / "_staging" / "run", 5) as one,
        staging_folder(tmp_path / "_staging" / "run", 5) as other,
    ):
        assert one != other
        assert one.parent == other.parent
        shutil.rmtree(other)
    assert list(tmp_path.iterdir()) == []


def test_locks_that_nobody_holds_go_with_the_folder(tmp_path: Path) -> None:
    staging_root = tmp_path / "_staging"
    with staging_folder(staging_root / "run", 5), hold_lock(staging_root / "held.lock", 5):
        (staging_root / "dead.lock").touch()
        sweep(staging_root)
        assert sorted(path.name for path in staging_root.glob("*.lock")) == ["held.lock"]
    assert list(tmp_path.iterdir()) == []


def test_a_living_folder_is_not_swept(tmp_path: Path) -> None:
    with staging_folder(tmp_path / "_staging" / "run", 5) as folder:
        sweep(tmp_path / "_staging")
        assert folder.is_dir()


def test_a_dead_folder_is_swept_at_once_whatever_its_age(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from export_pipeline.write.destinations.staging_folder import staging_folder\n"
        "with staging_folder(Path(sys.argv[1]), 5) as folder:\n"
        "    (folder / 'data').write_text('x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "_staging" / "run")], check=False)
    assert done.returncode == -9
    assert len(list(tmp_path.glob("_staging/run/*/data"))) == 1
    sweep(tmp_path / "_staging")
    assert list(tmp_path.iterdir()) == []


def test_a_run_folder_without_content_is_swept(tmp_path: Path) -> None:
    (tmp_path / "_staging" / "run").mkdir(parents=True)
    sweep(tmp_path / "_staging")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_not_ours_are_left(tmp_path: Path) -> None:
    (tmp_path / "_staging" / "run").mkdir(parents=True)
    (tmp_path / "_staging" / "note").write_text("x")
    (tmp_path / "_staging" / "run" / "note").write_text("x")
    sweep(tmp_path / "_staging")
    assert len(list(tmp_path.glob("_staging/**/note"))) == 2


def test_sweeps_and_new_exports_do_not_meet(tmp_path: Path) -> None:
    root = tmp_path / "_staging"
    stop = threading.Event()

    def keep_sweeping() -> None:
        while not stop.is_set():
            sweep(root, 60)

    def export(number: int) -> None:
        with staging_folder(root / f"run-{number % 3}", 60) as folder:
            (folder / "data").write_text("x")
            assert (folder / "data").read_text() == "x"

    with ThreadPoolExecutor(4) as pool:
        sweepers = [pool.submit(keep_sweeping) for _ in range(2)]
        try:
            for done in [pool.submit(export, number) for number in range(60)]:
                done.result()
        finally:
            stop.set()
        for sweeper in sweepers:
            sweeper.result()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(DestinationError, match=r"file/_staging/lock.*EEXIST"),
        staging_folder(tmp_path / "file" / "_staging" / "run", 0),
    ):
        pass


def test_a_staging_area_locked_too_long_is_named_and_a_finished_export_only_warns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "_staging"
    with hold_lock(root / "lock", 0), pytest.raises(DestinationUnavailableError, match="_staging/lock"):
        sweep(root, 0)
    with ExitStack() as held, staging_folder(root / "run", 0):
        held.enter_context(hold_lock(root / "lock", 0))
    assert "_staging/lock" in caplog.text


def test_what_cannot_be_removed_is_logged_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "_staging"
    (root / "run" / "dead").mkdir(parents=True)
    (root / "run" / "odd" / "lock").mkdir(parents=True)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", refuse)
    sweep(root)
    assert {
        f"{root}/run/dead: cannot be removed (Permission denied); remove it by hand",
        f"{root}/run/odd: cannot be looked at (Is a directory); remove it by hand",
    } <= {record.message for record in caplog.records}
