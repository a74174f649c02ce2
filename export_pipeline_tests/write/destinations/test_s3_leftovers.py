"""What broken and interrupted exports leave in a bucket and in the spool: that is ended, and nothing else."""

import errno
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from export_pipeline.errors import CorruptFileError, DestinationError, ExportError
from export_pipeline.write.destinations import s3_record, s3_tidying
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.destinations.s3 import S3Destination
from export_pipeline.write.destinations.s3_keys import S3Keys
from export_pipeline.write.destinations.s3_objects import Mark
from export_pipeline.write.destinations.s3_options import SMALLEST_PART_BYTES
from export_pipeline.write.publish import publish
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.write.destinations.fault_proxy import Fault, FaultProxy, Request, answer
from export_pipeline_tests.write.destinations.large_files import publish_large
from export_pipeline_tests.write.samples import (
    PARQUET,
    PARTITION,
    SCHEMA,
    manifest_of,
    publish_rows,
    snapshot,
    stage_rejected,
    stage_rows,
)

KEYS = S3Keys.below("", PARTITION)


@pytest.fixture
def destination(bucket: Bucket, proxy: FaultProxy) -> S3Destination:
    options = replace(bucket.options, endpoint_url=proxy.url, attempts=1, part_bytes=SMALLEST_PART_BYTES)
    opened = open_destination(bucket.url, options)
    assert isinstance(opened, S3Destination)
    return opened


def begin_upload(bucket: Bucket, key: str) -> str:
    """Begin an upload to `key`, as a killed or another program does; return its id."""
    upload_id: str = bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)["UploadId"]
    return upload_id


def orphan(destination: S3Destination, content: str) -> Path:
    """Return the folder of a dead export whose record has `content`."""
    spool = destination.probe().free_at
    folder = spool / "_staging" / "dead" / "1"
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(content)
    return folder


def record_of(key: str, upload_id: str | None) -> str:
    """Return the record of an export that began one upload."""
    begun = {"key": key, "asked_at": datetime.now(UTC).isoformat(), "upload_id": upload_id}
    keys = {"data": KEYS.data, "manifest": KEYS.manifest, "quarantine": KEYS.quarantine}
    return json.dumps({"mark": {"publication": "dead", "run_id": "dead"}, "keys": keys, "uploads": [begun]})


def pendings(bucket: Bucket) -> list[str]:
    """Return the keys of the pending objects."""
    return [key for key in bucket.list_keys() if "pending" in key]


def test_an_export_aborts_old_uploads_to_its_own_keys_only(
    bucket: Bucket, destination: S3Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [KEYS.data, str(KEYS.quarantine), KEYS.pending_quarantine(Mark("x", "x"))]
    others = [f"{KEYS.data}.bak", f"{KEYS.quarantine}.bak", "other/file"]
    for key in own + others:
        begin_upload(bucket, key)
    monkeypatch.setattr(s3_tidying, "ABANDONED", timedelta(days=-1))
    publish_rows(destination, "first")
    assert bucket.open_uploads() == sorted(others)


@pytest.mark.parametrize("content", ["", "[]", '{"uploads": [], "mark": {"new": 1}, "keys": {}}', "{}"])
def test_a_damaged_record_is_logged_and_stops_nobody(
    destination: S3Destination, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = orphan(destination, content)
    publish_rows(destination, "first")
    assert "record.json: cannot be read" in caplog.text
    assert not folder.exists()


def test_folders_that_vanish_while_records_are_read_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone", "here"):
        (tmp_path / "run" / name).mkdir(parents=True)
        (tmp_path / "run" / name / "record.json").write_text(record_of("a", name))
    (tmp_path / "lock").touch()
    read = s3_record.read_record

    def vanishing(folder: Path) -> s3_record.Record | None:
        if folder.name == "gone":
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory")
        return read(folder)

    monkeypatch.setattr(s3_record, "read_record", vanishing)
    assert list(s3_record.known_uploads(tmp_path)) == ["here"]


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_disk_that_is_full_for_the_record_is_ours_to_say_and_leaves_no_upload(
    bucket: Bucket, destination: S3Destination, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    """The record is written at the start, before the upload and after it."""
    replaced, left = Path.replace, [writes]

    def full(path: Path, target: Path) -> Path:
        if path.name == "record.json.new":
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DestinationError, match="ENOSPC"):
        publish_large(destination)
    assert bucket.open_uploads() == []


def test_a_short_object_is_never_given_our_manifest(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    def cut(request: Request) -> None:
        if request.operation == "HeadObject" and "PutObject" in proxy.operations() and request.path.endswith(KEYS.data):
            put = [one for one in proxy.seen if one.operation == "PutObject" and one.path.endswith(KEYS.data)]
            if put:
                head = bucket.client.head_object(Bucket=bucket.name, Key=KEYS.data)
                bucket.client.put_object(Bucket=bucket.name, Key=KEYS.data, Body=b"cut", Metadata=head["Metadata"])

    proxy.judge = cut
    with pytest.raises(CorruptFileError, match="3 bytes"):
        publish_rows(destination, "first")
    assert destination.read_manifest(PARTITION) is None
    assert pendings(bucket) == []


def put_unfinished(bucket: Bucket, manifest: bytes) -> str:
    """Put data and its pending manifest, as a killed export does; return the pending one's key."""
    metadata = {"export-publication": "theirs"}
    pending = KEYS.pending_manifest(Mark("theirs", ""))
    bucket.client.put_object(Bucket=bucket.name, Key=KEYS.data, Body=b"data", Metadata=metadata)
    bucket.client.put_object(Bucket=bucket.name, Key=pending, Body=manifest, Metadata=metadata)
    return pending


def test_a_pending_manifest_of_a_newer_version_is_kept(bucket: Bucket, destination: S3Destination) -> None:
    pending = put_unfinished(bucket, b'{"manifest_version": 2}')
    publish_rows(destination, "first")
    assert pendings(bucket) == [pending]


def test_a_pending_manifest_that_could_not_be_put_in_place_is_kept(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    publish_rows(destination, "first")
    pending = put_unfinished(bucket, bucket.read(KEYS.manifest))

    def overtaken(request: Request) -> Fault | None:
        is_final = request.operation == "PutObject" and request.path.endswith(KEYS.manifest)
        return answer(412, "PreconditionFailed") if is_final else None

    proxy.judge = overtaken
    with pytest.raises(ExportError):
        publish_rows(destination, "second", 101)
    assert pending in bucket.list_keys()


def test_a_pending_manifest_whose_quarantine_is_gone_stops_nobody(bucket: Bucket, destination: S3Destination) -> None:
    publish_rows(destination, "first", with_rejected=True)
    manifest = bucket.read(KEYS.manifest)
    bucket.client.delete_object(Bucket=bucket.name, Key=KEYS.quarantine)
    put_unfinished(bucket, manifest)
    publish_rows(destination, "second", 101)
    assert pendings(bucket) == []


def test_an_upload_that_could_not_be_aborted_stays_on_record_until_it_is(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    folder = orphan(destination, record_of("elsewhere", begin_upload(bucket, "elsewhere")))
    proxy.fail(answer(503, "SlowDown"), "AbortMultipartUpload", times=1000)
    publish_rows(destination, "first")
    assert folder.exists()
    proxy.judge = lambda _: None
    publish_rows(destination, "second", 101)
    assert bucket.open_uploads() == []
    assert not folder.exists()


def test_a_probe_leaves_nothing_when_a_trial_fails(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    proxy.fail(answer(403, "AccessDenied"), "ListObjectsV2", times=1000)
    assert destination.probe().abilities[-1].name == "list"
    assert bucket.list_keys() == []


@pytest.mark.parametrize("step", ["replace_data", "promote_pending"])
def test_an_interrupted_publish_leaves_nothing_pending(bucket: Bucket, destination: S3Destination, step: str) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with destination.stage("run-1", PARTITION) as staging:
        written = stage_rows(staging, "first")
        manifest = manifest_of(written, snapshot=snapshot(100), **stage_rejected(staging))
        setattr(staging, step, interrupt)
        with pytest.raises(KeyboardInterrupt):
            publish(staging, manifest, PARQUET, SCHEMA)
    assert pendings(bucket) == []
    assert (destination.read_manifest(PARTITION) is not None) is (step == "promote_pending")
