"""What every kind of destination must do, whatever lies behind it: one suite, run over all that are registered."""

import io
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pyarrow.parquet as pq
import pytest

from export_pipeline.errors import (
    ConfigError,
    CorruptFileError,
    DestinationError,
    OvertakenError,
    SupersededError,
)
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.registry import DESTINATIONS, open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target, export_folder, export_record
from export_pipeline.write.publish import publish
from export_pipeline_tests.object_store import Bucket
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

OTHER_DAY = Target.of_partition("logs", PARQUET, "date=2026-11-21")


@dataclass(frozen=True, slots=True)
class Place:
    """A destination, and ways past it to what is stored there."""

    destination: Destination
    files: Callable[[], list[str]]
    write: Callable[[str, bytes], object]
    keeps_open_files: bool


def folder_place(folder: Path, _: Bucket) -> Place:
    root = folder / "a root #?%+é="

    def files() -> list[str]:
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    destination = open_destination(root.as_uri())
    return Place(destination, files, lambda name, content: (root / name).write_bytes(content), keeps_open_files=True)


def bucket_place(_: Path, bucket: Bucket) -> Place:
    prefix = "a prefix #?%+é="

    def files() -> list[str]:
        assert bucket.open_uploads() == []
        return [key.removeprefix(f"{prefix}/") for key in bucket.list_keys()]

    def write(name: str, content: bytes) -> object:
        return bucket.client.put_object(Bucket=bucket.name, Key=f"{prefix}/{name}", Body=content)

    return Place(open_destination(f"{bucket.url}/{prefix}", bucket.options), files, write, keeps_open_files=False)


PLACES = {"file": folder_place, "s3": bucket_place}


def test_every_registered_destination_is_tried_here() -> None:
    assert set(PLACES) == set(DESTINATIONS)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Iterator[Place]:
    yield PLACES[request.param](tmp_path, bucket)
    assert not any("pending" in name or "_staging" in name for name in PLACES[request.param](tmp_path, bucket).files())
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


def published_text(place: Place, target: Target = PARTITION) -> str:
    """Return the text in the published file, and make sure that its manifest is its own."""
    with place.destination.published_path(target) as path:
        table = pq.read_table(path, partitioning=None)
        size = path.stat().st_size
    manifest = place.destination.read_manifest(target)
    assert manifest is not None
    assert manifest.bytes == size
    return str(table["text"][2].as_py())


def test_what_is_published_is_there_with_its_manifest_and_nothing_else(place: Place) -> None:
    done = publish_rows(place.destination, "first")
    assert published_text(place) == "first"
    assert place.destination.read_manifest(PARTITION) == done.manifest
    assert done.uri == place.destination.uri(PARTITION.data)
    assert [name for name in place.files() if not name.endswith(".lock")] == [
        "_manifests/logs/parquet/date=2026-11-20.json",
        "logs/parquet/date=2026-11-20/data.parquet",
    ]


@pytest.mark.parametrize("number", [100, 101])
def test_an_equal_or_newer_snapshot_replaces(place: Place, number: int) -> None:
    publish_rows(place.destination, "first", 100)
    publish_rows(place.destination, "second", number)
    assert published_text(place) == "second"


def test_an_older_snapshot_is_superseded(place: Place) -> None:
    publish_rows(place.destination, "new", 101, run_id="faster")
    with pytest.raises(SupersededError, match=r"logs date=2026-11-20 \(parquet\): run faster"):
        publish_rows(place.destination, "old", 100)
    assert published_text(place) == "new"


def test_an_older_snapshot_that_was_held_up_is_superseded(place: Place) -> None:
    with place.destination.stage("held-up", PARTITION) as staging:
        written = stage_rows(staging, "old")
        publish_rows(place.destination, "new", 101, run_id="faster")
        with pytest.raises(SupersededError, match="run faster"):
            publish(staging, manifest_of(written, run_id="held-up"), PARQUET, SCHEMA)
    assert published_text(place) == "new"


def test_another_server_or_timeline_is_a_rebase_and_said(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    publish_rows(place.destination, "before", 100)
    with caplog.at_level(logging.WARNING):
        assert publish_rows(place.destination, "after", 5, timeline=2).rebased
    assert "rebase" in caplog.text
    assert published_text(place) == "after"


def test_the_quarantine_comes_and_goes_with_its_file(place: Place) -> None:
    quarantine = str(PARTITION.quarantine)
    publish_rows(place.destination, "first", 100, with_rejected=True)
    assert quarantine in place.files()
    publish_rows(place.destination, "second", 101)
    assert quarantine not in place.files()
    publish_rows(place.destination, "third", 102, with_rejected=True)
    publish_rows(place.destination, "fourth", 103, with_rejected=True)
    assert quarantine in place.files()


def test_derived_formats_take_no_rejected_rows(place: Place) -> None:
    target = Target.of_partition("logs", FORMATS["csv"], "date=2026-11-20")
    with place.destination.stage("run-1", target) as staging, pytest.raises(ConfigError, match="derived format"):
        staging.open_quarantine()


def test_a_one_off_file_replaces_whatever_its_name_held(place: Place) -> None:
    target = Target.of_file("out.parquet", "logs", PARQUET)
    publish_rows(place.destination, "new", 200, target=target)
    publish_rows(place.destination, "old", 100, target=target)
    assert published_text(place, target) == "old"
    assert place.files() == ["out.parquet", "out.parquet.manifest.json"]


def test_a_one_off_file_that_another_export_has_replaced_is_not_taken_back(place: Place) -> None:
    target = Target.of_file("out.parquet", "logs", PARQUET)
    publish_rows(place.destination, "mine", target=target)
    publish_rows(place.destination, "theirs", target=target, run_id="run-2")
    place.destination.retract(target, "run-1")
    assert published_text(place, target) == "theirs"


def test_what_is_thrown_away_leaves_nothing(place: Place) -> None:
    with place.destination.stage("run-1", PARTITION) as staging:
        stage_rows(staging, "never")
        stage_rejected(staging)
    assert place.files() == []


def test_a_format_that_refuses_its_own_file_stops_the_publish(place: Place) -> None:
    publish_rows(place.destination, "first", 100)
    with place.destination.stage("run-2", PARTITION) as staging:
        written = stage_rows(staging, "second")
        with pytest.raises(CorruptFileError):
            publish(staging, manifest_of(written, sha256="0" * 64, snapshot=snapshot(101)), PARQUET, SCHEMA)
    assert published_text(place) == "first"


def test_a_damaged_manifest_in_place_does_not_stop_a_new_export(place: Place) -> None:
    publish_rows(place.destination, "first", 200)
    place.write(str(PARTITION.manifest), b"{")
    with pytest.raises(CorruptFileError):
        place.destination.read_manifest(PARTITION)
    publish_rows(place.destination, "second", 100)
    assert published_text(place) == "second"


def test_manifests_are_listed_by_partition_without_damaged_ones(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    assert place.destination.list_manifests("logs", PARQUET) == {}
    publish_rows(place.destination, "first")
    publish_rows(place.destination, "first", target=OTHER_DAY)
    publish_rows(place.destination, "first", target=Target.of_partition("logs", FORMATS["csv"], "date=2026-11-22"))
    place.write(str(OTHER_DAY.manifest), b"{")
    assert list(place.destination.list_manifests("logs", PARQUET)) == ["date=2026-11-20"]
    assert "date=2026-11-21.json: is no manifest" in caplog.text


def test_what_was_never_published_has_no_manifest_and_cannot_be_opened(place: Place) -> None:
    assert place.destination.read_manifest(PARTITION) is None
    with pytest.raises(DestinationError, match=r"data\.parquet.*it is not there"):
        place.destination.open_published(PARTITION)


def test_an_open_file_stays_the_same_or_fails_by_name_when_it_is_replaced(place: Place) -> None:
    publish_rows(place.destination, "first", 100)
    with place.destination.open_published(PARTITION) as file:
        publish_rows(place.destination, "second", 101)
        if place.keeps_open_files:
            assert pq.read_table(io.BytesIO(file.read()))["text"][0].as_py() == "first"
        else:
            with pytest.raises(OvertakenError, match=r"data\.parquet"):
                file.read()


def test_an_open_file_can_be_read_in_any_order(place: Place) -> None:
    publish_rows(place.destination, "first")
    with place.destination.open_published(PARTITION) as file:
        assert pq.read_metadata(file).num_rows == 3
        file.seek(0)
        assert file.read(4) == b"PAR1"


def test_the_path_of_a_published_file_is_readable(place: Place) -> None:
    publish_rows(place.destination, "first")
    with place.destination.published_path(PARTITION) as path, PARQUET.read_batches(path) as reader:  # type: ignore[misc]
        assert reader.read_all().num_rows == 3


def test_a_probe_finds_that_all_works_and_leaves_nothing(place: Place) -> None:
    probe = place.destination.probe()
    assert [ability.problem for ability in probe.abilities] == [None] * len(probe.abilities)
    assert probe.free_bytes
    assert place.files() == []


def test_the_rows_of_quarantine_are_those_that_were_staged(place: Place) -> None:
    publish_rows(place.destination, "first", with_rejected=True)
    rejected = replace(PARTITION, data=PARTITION.quarantine or PARTITION.data)
    with place.destination.open_published(rejected) as file:
        assert file.read() == REJECTED


EXPORT = export_folder("run-7")


def test_a_small_file_is_put_replaced_listed_and_read(place: Place) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    place.destination.put(export_record("run-7"), b"first")
    place.destination.put(export_record("run-7"), "zweites é".encode())
    place.destination.put(EXPORT / "deeper" / "a b=c%.csv", b"1,2\n")
    files = place.destination.list_files(EXPORT)
    assert [(str(file.path), file.bytes) for file in files] == [
        ("exports/run-7/deeper/a b=c%.csv", 4),
        ("exports/run-7/export.json", 10),
    ]
    assert all(before < file.modified_at < datetime.now(UTC) + timedelta(minutes=1) for file in files)
    with place.destination.open_file(files[1].path) as file:
        assert file.read().decode() == "zweites é"
    assert place.files() == [str(file.path) for file in files]


def test_a_folder_that_is_not_there_has_no_files_and_is_removed_without_a_word(place: Place) -> None:
    assert place.destination.list_files(EXPORT) == []
    place.destination.remove_folder(EXPORT)
    with pytest.raises(DestinationError, match=r"export\.json.*it is not there"):
        place.destination.open_file(export_record("run-7"))


def test_removing_an_export_takes_all_of_it_and_nothing_else(place: Place) -> None:
    for path in (EXPORT / "logs.csv", EXPORT / "deeper" / "x", export_record("run-70"), export_record("run")):
        place.destination.put(path, b"x")
    publish_rows(place.destination, "first")
    partition = [name for name in place.files() if not name.startswith("exports/")]
    place.destination.remove_folder(EXPORT)
    place.destination.remove_folder(EXPORT)
    assert sorted(place.files()) == sorted([*partition, "exports/run-70/export.json", "exports/run/export.json"])


def test_a_one_off_file_is_taken_back_with_what_lies_beside_it_and_a_partition_is_not(place: Place) -> None:
    target = Target.of_export("run-7", "logs", PARQUET)
    publish_rows(place.destination, "one-off", target=target, run_id="run-7", with_rejected=True)
    place.destination.put(EXPORT / "ips.csv", b"x")
    publish_rows(place.destination, "first")
    partition = [name for name in place.files() if not name.startswith("exports/")]
    place.destination.retract(target, "run-7")
    place.destination.retract(target, "run-7")
    assert sorted(place.files()) == sorted([*partition, "exports/run-7/ips.csv"])
    with pytest.raises(ConfigError, match="it is a partition's"):
        place.destination.retract(PARTITION, "run-1")
    assert published_text(place)


@pytest.mark.parametrize(
    "folder", ["exports", "logs", "exports/..", "exports/../logs", "/exports/a", "exports/a/b", "."]
)
def test_only_the_folder_of_one_export_can_be_removed(place: Place, folder: str) -> None:
    publish_rows(place.destination, "first")
    before = place.files()
    with pytest.raises(ConfigError, match=r"path|folder"):
        place.destination.remove_folder(PurePosixPath(folder))
    assert place.files() == before


@pytest.mark.parametrize("path", ["/etc/hostname", "../x", "exports/../../x", ".", "exports/\0"])
def test_no_path_leads_out_of_the_root(place: Place, path: str) -> None:
    for attempt in (
        lambda: place.destination.put(PurePosixPath(path), b""),
        lambda: place.destination.open_file(PurePosixPath(path)),
        lambda: place.destination.list_files(PurePosixPath(path)),
    ):
        with pytest.raises(ConfigError, match="below the root"):
            attempt()


def test_a_link_reads_one_file_in_a_bucket_and_there_is_none_to_a_folder(place: Place) -> None:
    path = EXPORT / "logs é+%20.csv"
    place.destination.put(path, b"1,2\n")
    if place.keeps_open_files:
        with pytest.raises(ConfigError, match="EXPORT_ROOT=s3://"):
            place.destination.link(path, 60)
        return
    link = place.destination.link(path, 60)
    assert "X-Amz-Expires=60" in link
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"1,2\n"
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(link.replace(".csv", ".json"))
    refused.value.close()
    with pytest.raises(DestinationError, match="not there"):
        place.destination.link(EXPORT / "other.csv", 60)
    for expires_s in (0, 7 * 24 * 3600 + 1):
        with pytest.raises(ConfigError, match="7 days"):
            place.destination.link(path, expires_s)
