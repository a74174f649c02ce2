import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from export_pipeline.errors import CorruptFileError, DestinationError, SupersededError
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.destinations.local_files import sha256_of
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target
from export_pipeline.write.publish import publish
from export_pipeline_tests.write.samples import (
    PARQUET,
    PARTITION,
    REJECTED,
    SCHEMA,
    manifest_of,
    publish_rows,
    snapshot,
    stage_rejected,
    stage_rows,
)


@pytest.fixture
def destination(tmp_path: Path) -> LocalDestination:
    return LocalDestination(tmp_path / "root", lock_wait_s=5)


def published_text(destination: LocalDestination, target: Target = PARTITION) -> str:
    """Return the text in the published file, after a whole read."""
    return str(pq.read_table(destination.root / target.data, partitioning=None)["text"][2].as_py())


def leftovers(root: Path) -> list[str]:
    """Return whatever no reader should ever meet."""
    found = [path for path in root.rglob("*") if ".pending-" in path.name]
    return [str(path) for path in (*found, *root.glob("_staging*"))]


def is_consistent(destination: LocalDestination) -> bool:
    """Whether manifest, data and quarantine are of one publish."""
    manifest = destination.read_manifest(PARTITION)
    assert manifest is not None
    quarantine = destination.root / (PARTITION.quarantine or "")
    if manifest.quarantine is None:
        is_quarantine_right = not quarantine.exists()
    else:
        is_quarantine_right = sha256_of(quarantine) == manifest.quarantine.sha256
    return is_quarantine_right and sha256_of(destination.root / PARTITION.data) == manifest.sha256


def test_what_is_published_is_there_with_its_manifest_and_nothing_else(destination: LocalDestination) -> None:
    done = publish_rows(destination, "first")
    assert published_text(destination) == "first"
    assert destination.read_manifest(PARTITION) == done.manifest
    assert (done.uri, done.rebased) == (destination.uri(PARTITION.data), False)
    files = sorted(str(path.relative_to(destination.root)) for path in destination.root.rglob("*") if path.is_file())
    assert files == [
        "_manifests/logs/parquet/date=2026-11-20.json",
        "_manifests/logs/parquet/date=2026-11-20.lock",
        "logs/parquet/date=2026-11-20/data.parquet",
    ]


@pytest.mark.parametrize("number", [100, 101])
def test_an_equal_or_newer_snapshot_replaces(destination: LocalDestination, number: int) -> None:
    publish_rows(destination, "first", 100)
    publish_rows(destination, "second", number)
    assert published_text(destination) == "second"
    assert leftovers(destination.root) == []


def test_an_older_snapshot_that_was_held_up_is_superseded(destination: LocalDestination) -> None:
    with destination.stage("held-up", PARTITION) as staging:
        written = stage_rows(staging, "old")
        publish_rows(destination, "new", 101, run_id="faster")
        with pytest.raises(SupersededError, match=r"logs date=2026-11-20 \(parquet\): run faster"):
            publish(staging, manifest_of(written, run_id="held-up"), PARQUET, SCHEMA)
    assert published_text(destination) == "new"
    assert is_consistent(destination)
    assert leftovers(destination.root) == []


@pytest.mark.parametrize("change", [{"system_identifier": "1"}, {"timeline": 2}])
def test_another_server_or_timeline_is_a_rebase_and_said(
    destination: LocalDestination, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    publish_rows(destination, "before", 100)
    with caplog.at_level(logging.WARNING):
        done = publish_rows(destination, "after", 5, **change)
    assert done.rebased
    assert "rebase" in caplog.text
    assert published_text(destination) == "after"


def test_a_one_off_file_replaces_whatever_its_name_held(destination: LocalDestination) -> None:
    target = Target.of_file("out.parquet", "logs", PARQUET)
    publish_rows(destination, "new", 200, target=target)
    publish_rows(destination, "old", 100, target=target)
    assert published_text(destination, target) == "old"
    assert sorted(path.name for path in destination.root.iterdir()) == [
        "out.parquet",
        "out.parquet.manifest.json",
    ]


def test_one_off_files_of_one_name_are_published_one_after_the_other(destination: LocalDestination) -> None:
    target = Target.of_file("out.parquet", "logs", PARQUET)

    def publish_some(run_id: str) -> None:
        for number in range(5):
            publish_rows(destination, f"{run_id} {number}", target=target, run_id=run_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish_some, ["run-1", "run-2", "run-3", "run-4"]))
    manifest = destination.read_manifest(target)
    assert manifest
    assert published_text(destination, target) == f"{manifest.run_id} 4"
    assert manifest.sha256 == sha256_of(destination.root / target.data)
    assert sorted(path.name for path in destination.root.iterdir()) == ["out.parquet", "out.parquet.manifest.json"]


def test_a_damaged_manifest_in_place_does_not_stop_a_new_export(
    destination: LocalDestination, caplog: pytest.LogCaptureFixture
) -> None:
    publish_rows(destination, "first", 200)
    (destination.root / PARTITION.manifest).write_text("{")
    publish_rows(destination, "second", 100)
    assert "replaced now" in caplog.text
    assert is_consistent(destination)


def test_quarantine_appears_changes_and_goes_with_the_data(destination: LocalDestination) -> None:
    quarantine = destination.root / (PARTITION.quarantine or "")
    publish_rows(destination, "first", 100, with_rejected=True)
    assert quarantine.read_bytes() == REJECTED
    publish_rows(destination, "second", 101)
    assert not quarantine.exists()
    assert is_consistent(destination)


def test_a_derived_format_leaves_the_quarantine_alone(destination: LocalDestination) -> None:
    publish_rows(destination, "first", 100, with_rejected=True)
    csv = FORMATS["csv"]
    publish_rows(destination, "first", 100, target=Target.of_partition("logs", csv, "date=2026-11-20"), fmt=csv)
    assert is_consistent(destination)


def test_rejected_rows_nobody_mentions_are_not_published(destination: LocalDestination) -> None:
    with destination.stage("run-1", PARTITION) as staging:
        written = stage_rows(staging, "first")
        stage_rejected(staging)
        publish(staging, manifest_of(written), PARQUET, SCHEMA)
    assert is_consistent(destination)
    assert leftovers(destination.root) == []


@pytest.mark.parametrize("damaged", ["data", "quarantine"])
def test_other_bytes_on_disk_than_were_written_are_not_published(destination: LocalDestination, damaged: str) -> None:
    publish_rows(destination, "first")
    with destination.stage("run-2", PARTITION) as staging:
        written = stage_rows(staging, "second")
        changes = stage_rejected(staging)
        staging.seal()
        (path,) = destination.root.glob(f"_staging/*/*/{damaged}")
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(CorruptFileError, match=damaged):
            publish(staging, manifest_of(written, **changes), PARQUET, SCHEMA)
    assert published_text(destination) == "first"
    assert is_consistent(destination)


def test_another_row_count_than_the_file_has_is_not_published(destination: LocalDestination) -> None:
    with destination.stage("run-1", PARTITION) as staging:
        written = stage_rows(staging, "first")
        with pytest.raises(CorruptFileError, match="3 rows"):
            publish(staging, manifest_of(written, row_count=2, source_count=2), PARQUET, SCHEMA)
    assert not (destination.root / "logs").exists()


@pytest.fixture(params=[(False, True), (True, False), (True, True), (False, False)], ids=str)
def killed_roots(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """Give the roots that publishers of "new" left, each killed before another change to the file system."""
    old_rejected, new_rejected = request.param
    publish_rows(LocalDestination(tmp_path / "before"), "old", 100, with_rejected=old_rejected)
    program = [sys.executable, "-m", "export_pipeline_tests.write.killed_publishers"]
    done = subprocess.run(
        [*program, str(tmp_path), "new", str(new_rejected)], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) >= 20
    return sorted(tmp_path.glob("[0-9]*"))


def test_killed_anywhere_readers_see_old_or_new_and_the_next_publisher_mends_the_rest(
    killed_roots: list[Path],
) -> None:
    seen = []
    for root in killed_roots:
        destination = LocalDestination(root, lock_wait_s=0)
        seen.append(published_text(destination))
        # An older snapshot is refused in any case, but what the killed one left is put in order first.
        with pytest.raises(SupersededError):
            publish_rows(destination, "older", 99, run_id="mender")
        assert published_text(destination) == seen[-1]
        assert is_consistent(destination), root.name
        assert leftovers(root) == [], root.name
        publish_rows(destination, "rerun", 102, run_id="rerun")
        assert published_text(destination) == "rerun"
        assert is_consistent(destination)
    assert set(seen) == {"old", "new"}
    assert seen == sorted(seen, reverse=True)  # old until one moment, new from then on


def test_identical_data_of_a_killed_publisher_still_gets_its_new_manifest(tmp_path: Path) -> None:
    publish_rows(LocalDestination(tmp_path / "before"), "same", 100)
    program = [sys.executable, "-m", "export_pipeline_tests.write.killed_publishers"]
    subprocess.run([*program, str(tmp_path), "same", "True"], check=True, capture_output=True)
    for root in sorted(tmp_path.glob("[0-9]*")):
        destination = LocalDestination(root, lock_wait_s=0)
        publish_rows(destination, "same", 102)
        assert is_consistent(destination)
        assert leftovers(root) == []


def test_publishers_racing_leave_the_newest_snapshot_and_readers_always_see_a_whole_file(
    destination: LocalDestination,
) -> None:
    publish_rows(destination, "0", 0)
    outcomes: list[int] = []
    stop = threading.Event()

    def race(first: int) -> None:
        for number in range(first, 40, 4):
            try:
                publish_rows(destination, str(number), number, run_id=f"run-{number}")
                outcomes.append(number)
            except SupersededError:
                continue

    texts: list[int] = []

    def read() -> None:
        while not stop.is_set():
            texts.append(int(published_text(destination)))

    racers = [threading.Thread(target=race, args=(first,)) for first in range(1, 5)]
    reader = threading.Thread(target=read)
    for thread in (reader, *racers):
        thread.start()
    for thread in racers:
        thread.join()
    stop.set()
    reader.join()
    assert max(outcomes) == 40 - 4 + 3 == int(published_text(destination))
    assert texts == sorted(texts)
    assert is_consistent(destination)
    assert leftovers(destination.root) == []


class _RefusedAt:
    """Refuses one step of a publish, as a failing disk would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(f"export_pipeline.write.destinations.durable.{step}", refuse)


@pytest.mark.parametrize("step", ["write_file", "move"])
def test_a_refused_step_leaves_the_old_file_and_no_half_step(
    destination: LocalDestination, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_rows(destination, "old", 100, with_rejected=True)
    with destination.stage("run-2", PARTITION) as staging:
        written = stage_rows(staging, "new")
        with monkeypatch.context() as patch:
            _RefusedAt(patch, step)
            with pytest.raises(DestinationError, match="No space left"):
                publish(staging, manifest_of(written, snapshot=snapshot(101)), PARQUET, SCHEMA)
    assert published_text(destination) == "old"
    assert is_consistent(destination)
    assert leftovers(destination.root) == []
