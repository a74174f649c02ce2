import gc
import logging
import os
import re
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from export_pipeline.errors import ConfigError, CorruptFileError, DestinationError, DestinationUnavailableError
from export_pipeline.write.destinations.file_lock import hold_lock
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target
from export_pipeline_tests.write.samples import PARQUET, PARTITION, SCHEMA, publish_rows, rows, stage_rows
from export_pipeline_tests.write.variants import VARIANTS

OTHER_DAY = Target.of_partition("logs", PARQUET, "date=2026-11-21")


@pytest.fixture
def destination(tmp_path: Path) -> LocalDestination:
    return LocalDestination(tmp_path / "root", lock_wait_s=0.1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that takes one MiB: a tmpfs of its own for root, a limit on each file for others."""
    place, size = tmp_path / "small", 1 << 20
    place.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
        yield place
        subprocess.run(["umount", "--lazy", str(place)], check=True)
    else:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        yield place
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_nothing_is_published_at_first(destination: LocalDestination) -> None:
    assert destination.read_manifest(PARTITION) is None
    assert destination.list_manifests("logs", PARQUET) == {}
    with pytest.raises(DestinationError, match=r"data\.parquet.*ENOENT"):
        destination.open_published(PARTITION)


def test_manifests_are_listed_by_partition(destination: LocalDestination) -> None:
    first = publish_rows(destination, "a").manifest
    second = publish_rows(destination, "b", target=OTHER_DAY).manifest
    csv = FORMATS["csv"]
    publish_rows(destination, "c", target=Target.of_partition("logs", csv, "date=2026-11-20"), fmt=csv)
    found = destination.list_manifests("logs", PARQUET)
    assert found == {"date=2026-11-20": first, "date=2026-11-21": second}


def test_a_damaged_manifest_is_loud_alone_and_left_out_of_the_list(
    destination: LocalDestination, caplog: pytest.LogCaptureFixture
) -> None:
    publish_rows(destination, "a")
    publish_rows(destination, "b", target=OTHER_DAY)
    (destination.root / PARTITION.manifest).write_text("{")
    with pytest.raises(CorruptFileError, match="date=2026-11-20"):
        destination.read_manifest(PARTITION)
    with caplog.at_level(logging.WARNING):
        assert list(destination.list_manifests("logs", PARQUET)) == ["date=2026-11-21"]
    assert "date=2026-11-20" in caplog.text


def test_a_published_file_can_be_read_by_path_by_stream_and_by_uri(destination: LocalDestination) -> None:
    publish_rows(destination, "a")
    with destination.published_path(PARTITION) as path, destination.open_published(PARTITION) as file:
        assert file.read() == path.read_bytes()
    assert destination.uri(PARTITION.data) == f"file://{path}"


def test_an_open_file_stays_the_same_while_it_is_replaced(destination: LocalDestination) -> None:
    publish_rows(destination, "old")
    with destination.open_published(PARTITION) as file:
        publish_rows(destination, "new", 101)
        assert pq.read_table(file)["text"].to_pylist() == ["old"] * 3


@pytest.mark.parametrize("error", [None, KeyError])
def test_leaving_without_publishing_leaves_nothing(
    destination: LocalDestination, error: type[Exception] | None
) -> None:
    try:
        with destination.stage("run-1", PARTITION) as staging:
            stage_rows(staging, "a")
            staging.open_quarantine().write(b"x")
            if error:
                raise error
    except KeyError:
        pass
    assert list(destination.root.iterdir()) == []


def test_staging_sweeps_what_dead_exports_left(destination: LocalDestination) -> None:
    dead = destination.root / "_staging" / "dead-run" / "x"
    dead.mkdir(parents=True)
    with destination.stage("run-1", PARTITION):
        assert not dead.exists()


def test_a_bad_run_id_is_refused_before_anything_is_made(destination: LocalDestination) -> None:
    with pytest.raises(ConfigError, match="run id"), destination.stage("../x", PARTITION):
        pass
    assert not destination.root.exists()


def test_a_derived_format_takes_no_rejected_rows(destination: LocalDestination) -> None:
    target = Target.of_partition("logs", FORMATS["csv"], "date=2026-11-20")
    with destination.stage("run-1", target) as staging, pytest.raises(ConfigError, match="derived format"):
        staging.open_quarantine()


def test_the_data_file_is_opened_once(destination: LocalDestination) -> None:
    with destination.stage("run-1", PARTITION) as staging:
        staging.open_data()
        with pytest.raises(DestinationError, match="EEXIST"):
            staging.open_data()


def test_a_partition_that_another_publishes_is_waited_for_and_then_left(destination: LocalDestination) -> None:
    publish_rows(destination, "old")
    lock = destination.root / (PARTITION.lock or "")
    with hold_lock(lock, 0), pytest.raises(DestinationUnavailableError, match=r"date=2026-11-20\.lock"):
        publish_rows(destination, "new", 101)
    assert list(destination.root.glob("_staging")) == []


def test_a_probe_leaves_nothing_behind(destination: LocalDestination) -> None:
    probe = destination.probe()
    assert [(ability.name, ability.problem) for ability in probe.abilities] == [
        ("write", None),
        ("replace in one step", None),
        ("delete", None),
    ]
    assert probe.free_at == destination.root
    assert probe.free_bytes
    assert list(destination.root.iterdir()) == []


def test_a_path_through_a_file_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (ability,) = LocalDestination(tmp_path / "file" / "root").probe().abilities
    assert "a file is where a folder should be" in str(ability.problem)


def fill_disk(destination: LocalDestination, target: Target, fmt: Format) -> None:
    """Stage some 35 MB that do not compress well."""
    noise = pa.array([os.urandom(32).hex() for _ in range(100_000)])
    batch = pa.RecordBatch.from_arrays([pa.array(range(len(noise)), pa.int64()), noise], schema=SCHEMA)
    with destination.stage("run-2", target) as staging:
        writer = fmt.open(staging.open_data(), SCHEMA)
        for _ in range(5):
            writer.write(batch)
        writer.close()
        staging.seal()


@pytest.mark.parametrize("fmt", VARIANTS.values(), ids=list(VARIANTS))
def test_a_full_disk_is_named_keeps_the_old_file_and_leaves_nothing_staged(small_disk: Path, fmt: Format) -> None:
    destination = LocalDestination(small_disk / "root")
    target = Target.of_partition("logs", fmt, "date=2026-11-20")
    old = publish_rows(destination, "old", target=target, fmt=fmt).manifest
    with pytest.raises(DestinationError, match=r"_staging/run-2.*bytes are free there"):
        fill_disk(destination, target, fmt)
    assert destination.read_manifest(target) == old
    with destination.published_path(target) as path:
        fmt.check(path, 3, SCHEMA)
    assert list(destination.root.glob("_staging")) == []


def test_a_disk_that_fills_while_the_file_is_closed_is_named(small_disk: Path) -> None:
    with LocalDestination(small_disk / "root").stage("run-1", PARTITION) as staging:
        sink = staging.open_data()
        sink.write(b"x" * (1 << 20))  # fills the disk
        sink.write(b"x")  # stays in the buffer until then
        with pytest.raises(DestinationError, match="bytes are free there"):
            staging.seal()
    assert list(small_disk.glob("root/_staging")) == []


@pytest.mark.parametrize("fmt", VARIANTS.values(), ids=list(VARIANTS))
def test_a_writer_that_is_given_up_stays_silent(destination: LocalDestination, fmt: Format) -> None:
    with destination.stage("run-1", Target.of_partition("logs", fmt, "date=2026-11-20")) as staging:
        writer = fmt.open(staging.open_data(), SCHEMA)
        writer.write(rows("a"))
    del writer
    gc.collect()  # what it wrote then would be an error of its own, which pytest makes fail


@pytest.fixture
def read_only_folder(small_disk: Path) -> Iterator[Path]:
    """Give a folder that refuses writes: rights do not stop root, so its file system is remounted."""
    if os.geteuid() == 0:
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    else:
        small_disk.chmod(0o500)
    yield small_disk
    if os.geteuid() != 0:
        small_disk.chmod(0o700)


def test_a_read_only_folder_says_what_to_do(read_only_folder: Path) -> None:
    (ability,) = LocalDestination(read_only_folder / "root").probe().abilities
    assert re.search(r"EROFS.*mount it writable|EACCES.*the right to write", str(ability.problem))
