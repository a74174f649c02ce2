"""A real server behind a proxy that fails on demand: the old object stays whole, and nothing is left behind."""

import collections
from dataclasses import replace

import pytest

from export_pipeline.errors import (
    DestinationError,
    DestinationUnavailableError,
    ExportError,
    OvertakenError,
    TransientError,
)
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.destinations.s3 import S3Destination
from export_pipeline.write.destinations.s3_options import SMALLEST_PART_BYTES
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.write.destinations.fault_proxy import (
    LOST_ANSWER,
    RESET,
    Fault,
    FaultProxy,
    answer,
)
from export_pipeline_tests.write.destinations.large_files import PARTS, publish_large
from export_pipeline_tests.write.samples import PARQUET, PARTITION, SCHEMA, publish_rows, snapshot

DATA = str(PARTITION.data)


@pytest.fixture
def destination(bucket: Bucket, proxy: FaultProxy) -> S3Destination:
    options = replace(bucket.options, endpoint_url=proxy.url, attempts=2, part_bytes=SMALLEST_PART_BYTES)
    opened = open_destination(bucket.url, options)
    assert isinstance(opened, S3Destination)
    return opened


def is_whole(bucket: Bucket, destination: S3Destination) -> bool:
    """Whether what is published is what its manifest says, and nothing else is in the bucket."""
    manifest = destination.read_manifest(PARTITION)
    with destination.published_path(PARTITION) as path:
        PARQUET.check(path, manifest.row_count if manifest else -1, SCHEMA)
    return bucket.open_uploads() == [] and not [key for key in bucket.list_keys() if "pending" in key]


def test_a_large_file_goes_in_parts_and_is_published_by_one_conditional_request(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    publish_large(destination)
    assert proxy.operations().count("UploadPart") == PARTS
    assert proxy.operations().count("CompleteMultipartUpload") == 1
    assert is_whole(bucket, destination)


PERMANENT_FAULTS = {
    "503 when the upload is begun": (answer(503, "ServiceUnavailable"), "CreateMultipartUpload", None),
    "500 at part 3": (answer(500, "InternalError"), "UploadPart", 3),
    "200 with an error in its body at the end": (answer(200, "InternalError"), "CompleteMultipartUpload", None),
    "connection reset at part 2": (RESET, "UploadPart", 2),
    "SlowDown all the time": (answer(503, "SlowDown"), "UploadPart", None),
    "credentials that stay expired": (answer(400, "ExpiredToken"), "UploadPart", 2),
    "the pending manifest cannot be put": (answer(500, "InternalError"), "PutObject", None),
}


@pytest.mark.parametrize("name", PERMANENT_FAULTS)
def test_a_fault_that_stays_leaves_the_old_object_whole_and_nothing_else(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy, name: str
) -> None:
    publish_rows(destination, "old", 100)
    fault, operation, part = PERMANENT_FAULTS[name]
    proxy.fail(fault, operation, times=1000, part=part)
    with pytest.raises(TransientError) as caught:
        publish_large(destination)
    assert f"{bucket.url}/" in str(caught.value)
    proxy.judge = lambda _: None
    assert is_whole(bucket, destination)
    manifest = destination.read_manifest(PARTITION)
    assert manifest is not None
    assert manifest.snapshot == snapshot(100)
    publish_large(destination)
    assert is_whole(bucket, destination)


PASSING_FAULTS = {
    "503 when the upload is begun": (answer(503, "ServiceUnavailable"), "CreateMultipartUpload"),
    "500 at a part": (answer(500, "InternalError"), "UploadPart"),
    "200 with an error in its body at the end": (answer(200, "InternalError"), "CompleteMultipartUpload"),
    "connection reset at a part": (RESET, "UploadPart"),
    "SlowDown for a while": (answer(503, "SlowDown"), "UploadPart"),
    "a token that expires during the upload": (answer(400, "ExpiredToken"), "UploadPart"),
    "the answer to the last request of an upload is lost": (LOST_ANSWER, "CompleteMultipartUpload"),
    "the answer to a put is lost": (LOST_ANSWER, "PutObject"),
    "an answer is lost when the upload is begun": (LOST_ANSWER, "AbortMultipartUpload"),
}


@pytest.mark.parametrize("name", PASSING_FAULTS)
def test_a_fault_that_passes_is_not_noticed(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy, name: str
) -> None:
    publish_rows(destination, "old", 100)
    proxy.fail(*PASSING_FAULTS[name])
    publish_large(destination)
    assert is_whole(bucket, destination)
    manifest = destination.read_manifest(PARTITION)
    assert manifest is not None
    assert manifest.snapshot == snapshot(101)


def test_a_condition_that_fails_at_the_end_aborts_the_upload(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    publish_rows(destination, "old", 100)
    proxy.fail(answer(412, "PreconditionFailed"), "CompleteMultipartUpload")
    with pytest.raises(OvertakenError, match=r"data\.parquet.*another export"):
        publish_large(destination)
    assert is_whole(bucket, destination)


def test_an_error_that_nobody_can_wait_out_stops_the_writer_early(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    proxy.fail(answer(403, "AccessDenied"), "CreateMultipartUpload", times=1000)
    with destination.stage("run-1", PARTITION) as staging:
        sink = staging.open_data()
        megabyte = bytes(1 << 20)
        with pytest.raises(DestinationError, match="bucket's policy"):
            collections.deque((sink.write(megabyte) for _ in range(1000)), maxlen=0)
    assert bucket.open_uploads() == []


@pytest.mark.parametrize("operation", ["DeleteObject", "ListMultipartUploads"])
def test_what_may_not_be_tidied_up_is_a_warning(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy, operation: str, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.fail(answer(403, "AccessDenied"), operation, times=1000)
    publish_rows(destination, "first", 100)
    publish_rows(destination, "second", 101)
    assert caplog.text.count("this is not said again") == 1
    manifest = destination.read_manifest(PARTITION)
    assert manifest is not None
    assert manifest.snapshot == snapshot(101)


def test_a_broken_download_is_taken_up_again(bucket: Bucket, destination: S3Destination, proxy: FaultProxy) -> None:
    publish_large(destination)
    proxy.fail(RESET, "GetObject", path=DATA, times=2)
    assert is_whole(bucket, destination)


def test_a_publisher_that_cannot_end_its_work_has_it_ended_by_the_next(
    bucket: Bucket, destination: S3Destination, proxy: FaultProxy
) -> None:
    """The data is in place when the connection to the bucket is lost for good; its manifest is pending."""
    publish_rows(destination, "old", 100)
    state = {"is_down": False}

    def down_after_data(request: object) -> Fault | None:
        if state["is_down"]:
            return RESET
        if getattr(request, "operation", "") == "CompleteMultipartUpload":
            state["is_down"] = True
            return LOST_ANSWER
        return None

    proxy.judge = down_after_data
    with pytest.raises(ExportError):
        publish_large(destination)
    proxy.judge = lambda _: None
    stale = destination.read_manifest(PARTITION)
    assert stale is not None
    assert stale.snapshot == snapshot(100)
    with pytest.raises(ExportError, match="newer snapshot"):
        publish_rows(destination, "late", 100)
    assert is_whole(bucket, destination)
    manifest = destination.read_manifest(PARTITION)
    assert manifest is not None
    assert manifest.snapshot == snapshot(101)


def test_a_server_that_is_not_there_is_unavailable(bucket: Bucket) -> None:
    options = replace(bucket.options, endpoint_url="http://127.0.0.1:1", attempts=1)
    with pytest.raises(DestinationUnavailableError, match="EndpointConnectionError"):
        open_destination(bucket.url, options).read_manifest(PARTITION)
