"""Publishers killed by `kill -9` between any two requests: nothing is lost, and the next export clears up."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pyarrow.parquet as pq
import pytest

from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.local_files import sha256_of
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.destinations.s3_options import SMALLEST_PART_BYTES
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.write.destinations.fault_proxy import (
    LOST_ANSWER,
    RESET,
    Fault,
    FaultProxy,
    Request,
    fault_proxy,
)
from export_pipeline_tests.write.samples import PARTITION, publish_rows, snapshot

POINTS = 20
SEED = 20261120


class Publishers:
    """Children that publish; `run` kills one at its `point`th request, before or after the server has it."""

    def __init__(self, proxy: FaultProxy, program: "subprocess.Popen[str]") -> None:
        self._proxy, self._program = proxy, program
        self._child, self._is_known = 0, Event()

    def run(self, location: str, point: int, *, is_sent_on: bool) -> int:
        """Return the number of requests that were seen; a child that lives to the end sends fewer than `point`."""
        self._is_known.clear()
        self._proxy.seen.clear()
        self._proxy.judge = lambda request: self._kill(request, point, is_sent_on=is_sent_on)
        self._say(location)
        self._child = int(self._answer())
        self._is_known.set()
        self._say("go")
        status = int(self._answer())
        self._proxy.wait_until_idle()
        assert status in {0, signal.SIGKILL}, f"the publisher failed with status {status}"
        assert (status == 0) is (len(self._proxy.seen) < point)
        self._proxy.judge = lambda _: None
        return len(self._proxy.seen)

    def _kill(self, request: Request, point: int, *, is_sent_on: bool) -> Fault | None:
        if request.number < point:
            return None
        if request.number > point:  # they were on their way when it was killed
            return RESET
        self._is_known.wait()
        os.kill(self._child, signal.SIGKILL)
        return LOST_ANSWER if is_sent_on else RESET

    def _say(self, line: str) -> None:
        assert self._program.stdin
        self._program.stdin.write(f"{line}\n")
        self._program.stdin.flush()

    def _answer(self) -> str:
        assert self._program.stdout
        return self._program.stdout.readline()


@pytest.fixture
def proxy(bucket: Bucket) -> Iterator[FaultProxy]:
    with fault_proxy(str(bucket.options.endpoint_url)) as running:
        yield running


@pytest.fixture
def publishers(bucket: Bucket, proxy: FaultProxy) -> Iterator[Publishers]:
    command = [sys.executable, "-m", "export_pipeline_tests.write.destinations.killed_s3_publishers"]
    with subprocess.Popen(
        [*command, proxy.url, str(bucket.options.spool_folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        yield Publishers(proxy, program)
        program.stdin.close() if program.stdin else None


def is_whole(destination: Destination) -> bool:
    """Whether the file in place can be read: the old one or the new one."""
    with destination.published_path(PARTITION) as path:
        return pq.read_table(path, partitioning=None).num_rows in {3, 100_000}


def is_consistent(destination: Destination) -> bool:
    """Whether manifest, data and quarantine are of one publish."""
    manifest = destination.read_manifest(PARTITION)
    assert manifest is not None
    rejected = replace(PARTITION, data=PARTITION.quarantine or PARTITION.data)
    with destination.published_path(PARTITION) as data, destination.published_path(rejected) as quarantine:
        assert manifest.quarantine is not None
        return (sha256_of(data), sha256_of(quarantine)) == (manifest.sha256, manifest.quarantine.sha256)


def test_a_publisher_killed_anywhere_does_no_harm_and_leaves_nothing_after_the_next(
    bucket: Bucket, proxy: FaultProxy, publishers: Publishers
) -> None:
    options = replace(bucket.options, endpoint_url=proxy.url, part_bytes=SMALLEST_PART_BYTES)
    publish_rows(open_destination(f"{bucket.url}/whole", options), "old", 100)
    requests = publishers.run(f"{bucket.url}/whole", sys.maxsize, is_sent_on=False)
    points = [(number, is_sent_on) for number in range(1, requests + 1) for is_sent_on in (False, True)]
    for point, is_sent_on in random.Random(SEED).sample(points, POINTS):
        location = f"{bucket.url}/{point:03d}-{is_sent_on}"
        destination = open_destination(location, options)
        publish_rows(destination, "old", 100)
        publishers.run(location, point, is_sent_on=is_sent_on)
        assert is_whole(destination), (point, is_sent_on)
        publish_rows(destination, "retry", 102, run_id="retry", with_rejected=True)
        assert is_consistent(destination), (point, is_sent_on)
        manifest = destination.read_manifest(PARTITION)
        assert manifest is not None
        assert manifest.snapshot == snapshot(102)
        assert bucket.open_uploads() == [], (point, is_sent_on)
        assert not [key for key in bucket.list_keys() if "pending" in key], (point, is_sent_on)
        assert not [path for path in options.spool_folder.rglob("*") if path.is_file()]  # type: ignore[union-attr]
