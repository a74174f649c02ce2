"""What is peculiar to a bucket: its location, its pages, its encryption, and publishers without a lock between them."""

import gc
import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pyarrow.parquet as pq
import pytest

from export_pipeline.errors import ConfigError, DestinationError, OvertakenError, SupersededError
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.destinations.s3 import S3Destination
from export_pipeline.write.destinations.s3_objects import S3Objects
from export_pipeline.write.destinations.s3_options import SMALLEST_PART_BYTES, S3Options
from export_pipeline.write.formats.compression import with_compression
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target
from export_pipeline.write.publish import publish
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.write.destinations.large_files import publish_large
from export_pipeline_tests.write.samples import (
    PARQUET,
    PARTITION,
    SCHEMA,
    manifest_of,
    publish_rows,
    snapshot,
    stage_rows,
)


@pytest.fixture
def destination(bucket: Bucket) -> S3Destination:
    opened = open_destination(bucket.url, bucket.options)
    assert isinstance(opened, S3Destination)
    return opened


@pytest.mark.parametrize(
    ("location", "bucket", "prefix"),
    [
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket/a/b/", "bucket", "a/b"),
        ("s3://bucket/100%25 #1?x=é+y", "bucket", "100%25 #1?x=é+y"),
    ],
)
def test_a_location_is_taken_literally(location: str, bucket: str, prefix: str) -> None:
    assert open_destination(location) == S3Destination(bucket, prefix, S3Options())


@pytest.mark.parametrize(
    "location", ["s3://", "s3:///a", "s3://key:s3cret@bucket/a", "s3://b/a//c", "s3://b/../c", "s3://b/a\nb"]
)
def test_a_location_without_bucket_or_with_an_unfit_prefix_is_refused_without_its_secrets(location: str) -> None:
    with pytest.raises(ConfigError, match="destination: ") as caught:
        open_destination(location)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"part_bytes": SMALLEST_PART_BYTES - 1}, "takes no fewer"),
        ({"access_key_id": "key"}, "go together"),
        ({"session_token": "token"}, "belongs to an access key"),
        ({"access_key_id": "key", "secret_access_key": "secret", "profile": "one"}, "not both"),
        ({"sse_kms_key_id": "key"}, "aws:kms only"),
    ],
)
def test_options_that_s3_would_refuse_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        S3Options(**wrong)  # type: ignore[arg-type] # that is the point


@pytest.mark.parametrize("moment", ["head", "get", "delete"])
def test_what_another_export_publishes_while_ours_is_taken_back_stays(
    destination: S3Destination, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    target = Target.of_file("out.parquet", "logs", PARQUET)
    publish_rows(destination, "mine", target=target)
    step = getattr(S3Objects, moment)

    def overtaken(objects: S3Objects, *arguments: object) -> object:
        monkeypatch.undo()
        publish_rows(destination, "theirs", target=target, run_id="run-2")
        return step(objects, *arguments)

    monkeypatch.setattr(S3Objects, moment, overtaken)
    with suppress(OvertakenError):
        destination.retract(target, "run-1")
    with destination.open_published(target) as file:
        assert set(pq.read_table(file)["text"].to_pylist()) == {"theirs"}
    manifest = destination.read_manifest(target)
    assert manifest
    assert manifest.run_id == "run-2"


def test_options_and_destinations_show_no_secret(destination: S3Destination) -> None:
    assert str(destination.options.secret_access_key) not in f"{destination!r} {destination.options!r}"


def test_more_manifests_than_a_page_holds_are_all_listed(destination: S3Destination, bucket: Bucket) -> None:
    publish_rows(destination, "first")
    content = bucket.read(str(PARTITION.manifest))
    for number in range(1000):
        key = str(Target.of_partition("logs", PARQUET, f"date=x{number:04d}").manifest)
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=content)
    assert len(destination.list_manifests("logs", PARQUET)) == 1001


def test_every_object_is_encrypted_as_the_options_say(bucket: Bucket) -> None:
    options = replace(bucket.options, sse="AES256", part_bytes=SMALLEST_PART_BYTES)
    destination = open_destination(bucket.url, options)
    publish_large(destination, with_rejected=True)
    for key in bucket.list_keys():
        assert bucket.client.head_object(Bucket=bucket.name, Key=key)["ServerSideEncryption"] == "AES256"


def test_every_object_says_what_it_is(bucket: Bucket) -> None:
    destination = open_destination(bucket.url, replace(bucket.options, part_bytes=SMALLEST_PART_BYTES))
    publish_large(destination, with_rejected=True)
    for compression in ("gzip", "zstd"):
        fmt = with_compression(FORMATS["csv"], compression)
        publish_rows(destination, "a", target=Target.of_export("run-1", f"logs-{compression}", fmt), fmt=fmt)
    heads = {key: bucket.client.head_object(Bucket=bucket.name, Key=key) for key in bucket.list_keys()}
    assert {PurePosixPath(key).suffix: head["ContentType"] for key, head in heads.items()} == {
        ".parquet": "application/vnd.apache.parquet",
        ".jsonl": "application/x-ndjson",
        ".json": "application/json",
        ".gz": "application/gzip",
        ".zst": "application/zstd",
    }
    assert not any("ContentEncoding" in head for head in heads.values())


def test_a_file_that_outgrows_the_spool_names_the_setting(bucket: Bucket) -> None:
    destination = open_destination(bucket.url, replace(bucket.options, spool_bytes=1000))
    with destination.stage("run-1", PARTITION) as staging:
        sink = staging.open_data()
        with pytest.raises(DestinationError, match="EXPORT_S3_SPOOL_BYTES"):
            sink.write(bytes(1001))


def test_parts_are_in_the_bucket_before_the_last_row_is_written(bucket: Bucket) -> None:
    destination = open_destination(bucket.url, replace(bucket.options, part_bytes=SMALLEST_PART_BYTES))
    with destination.stage("run-1", PARTITION) as staging:
        sink = staging.open_data()
        sink.write(bytes(2 * SMALLEST_PART_BYTES))
        while not (arrived := parts_of(bucket)):  # nothing more is written: they come by themselves, or never
            pass
        sink.write(b"the end")
        assert set(arrived) <= {1, 2}
    assert bucket.open_uploads() == []


def parts_of(bucket: Bucket) -> list[int]:
    """Return the numbers of the parts that the server has of the one open upload."""
    for upload in bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", ()):
        listed = bucket.client.list_parts(Bucket=bucket.name, Key=upload["Key"], UploadId=upload["UploadId"])
        return [part["PartNumber"] for part in listed.get("Parts", ())]
    return []


def test_a_publisher_that_was_overtaken_between_look_and_put_is_superseded(destination: S3Destination) -> None:
    """The other one is done while ours stands between its look and its put."""
    publish_rows(destination, "first", 99)
    with destination.stage("slow", PARTITION) as staging:
        manifest = manifest_of(stage_rows(staging, "older"), run_id="slow", snapshot=snapshot(100))
        put_pending = staging.put_pending

        def overtaken(*arguments: object) -> None:
            publish_rows(destination, "newer", 101, run_id="fast")
            put_pending(*arguments)  # type: ignore[arg-type] # the manifest

        staging.put_pending = overtaken  # type: ignore[method-assign,assignment] # a pause, at the worst moment
        with pytest.raises(SupersededError, match="run fast"):
            publish(staging, manifest, PARQUET, SCHEMA)
    assert text_and_snapshot(destination) == ("newer", 101)


def test_a_newer_publisher_that_was_overtaken_by_an_older_one_is_tried_again(destination: S3Destination) -> None:
    with destination.stage("slow", PARTITION) as staging:
        manifest = manifest_of(stage_rows(staging, "newer"), run_id="slow", snapshot=snapshot(101))
        put_pending = staging.put_pending

        def overtaken(*arguments: object) -> None:
            publish_rows(destination, "older", 100, run_id="fast")
            put_pending(*arguments)  # type: ignore[arg-type] # the manifest

        staging.put_pending = overtaken  # type: ignore[method-assign,assignment] # a pause, at the worst moment
        with pytest.raises(OvertakenError):
            publish(staging, manifest, PARQUET, SCHEMA)
    assert text_and_snapshot(destination) == ("older", 100)


def test_a_publisher_paused_before_its_manifest_does_not_put_it_over_a_newer_one(destination: S3Destination) -> None:
    """Its data is in place; another finishes its work, publishes its own, and only then ours goes on."""
    with destination.stage("slow", PARTITION) as staging:
        manifest = manifest_of(stage_rows(staging, "older"), run_id="slow", snapshot=snapshot(100))
        promote = staging.promote_pending

        def overtaken() -> None:
            publish_rows(destination, "newer", 101, run_id="fast", with_rejected=True)
            promote()

        staging.promote_pending = overtaken  # type: ignore[method-assign] # a pause, at the worst moment
        with pytest.raises(SupersededError, match="run fast"):
            publish(staging, manifest, PARQUET, SCHEMA)
    assert text_and_snapshot(destination) == ("newer", 101)


def text_and_snapshot(destination: S3Destination) -> tuple[str, int]:
    """Return the text in the file in place, and the snapshot that the manifest in place names."""
    manifest = destination.read_manifest(PARTITION)
    assert manifest is not None
    assert not [entry for entry in destination.list_manifests("logs", PARQUET) if "pending" in entry]
    with destination.published_path(PARTITION) as path, PARQUET.read_batches(path) as reader:  # type: ignore[misc]
        return reader.read_all()["text"][0].as_py(), manifest.snapshot.xmax


def test_an_account_that_may_only_read_can_read_and_is_told_what_it_lacks(bucket: Bucket) -> None:
    publish_rows(open_destination(bucket.url, bucket.options), "first")
    reader = open_destination(bucket.url, bucket.reader_options)
    assert reader.read_manifest(PARTITION) is not None
    (ability,) = reader.probe().abilities
    assert ability.name == "write"
    assert "docs/published-files.md" in str(ability.problem)


def test_a_wrong_secret_is_said_and_not_shown(bucket: Bucket) -> None:
    options = replace(bucket.options, secret_access_key="wr0ng-s3cret", attempts=1)
    with pytest.raises(DestinationError, match="check the access key and its secret") as caught:
        open_destination(bucket.url, options).read_manifest(PARTITION)
    assert "wr0ng-s3cret" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_named(bucket: Bucket) -> None:
    (ability,) = open_destination("s3://no-such-bucket", bucket.options).probe().abilities
    assert "s3://no-such-bucket/" in str(ability.problem)
    assert "create the bucket" in str(ability.problem)


def test_a_spool_that_cannot_be_made_is_found_by_the_probe(bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    options = replace(bucket.options, spool_folder=tmp_path / "file" / "spool")
    (ability,) = open_destination(bucket.url, options).probe().abilities
    assert (ability.name, ability.is_required) == ("spool", True)
    assert "file" in str(ability.problem)


def test_nothing_of_the_drivers_is_said_aloud(destination: S3Destination, caplog: pytest.LogCaptureFixture) -> None:
    gc.collect()  # what other tests left must not be said here
    with caplog.at_level(logging.WARNING):
        publish_rows(destination, "first")
        gc.collect()
    assert caplog.text == ""
