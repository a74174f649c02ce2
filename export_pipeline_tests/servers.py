"""Servers of the tests' own, beside the shared one: of another version, with a standby, with TLS.

Each lives as long as its block, and dies with the test process like every private server (`embedded.lifeline`).
"""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from export_pipeline.embedded.account import Account, choose_account, run_as
from export_pipeline.embedded.binaries import Binaries, find_binaries, make_runnable
from export_pipeline.embedded.cluster import server_command
from export_pipeline.embedded.lifeline import Lifeline
from export_pipeline_tests.processes import free_port

DEBIAN = Path("/usr/lib/postgresql")
QUICK = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB", "synchronous_commit": "on"}
_START_S, _POLL_S = 60.0, 0.02


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder with the programs that made it; the superuser `postgres` needs no password."""

    binaries: Binaries
    data: Path
    account: Account | None
    port: int

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def command(self, program: str, *arguments: str | Path) -> None:
        """Run one of the programs as the servers' account, to its end."""
        done = run_as(self.account, [self.binaries.folder / program, *arguments])
        assert done.returncode == 0, done.stderr

    @contextmanager
    def running(self, settings: Mapping[str, str] | None = None) -> Iterator["Cluster"]:
        log = self.data.with_suffix(".log")
        lock_fd = os.open(self.data.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
        command = server_command(self.binaries, self.data, self.port, QUICK | dict(settings or {}))
        try:
            lifeline = Lifeline(command, account=self.account, lock_fd=lock_fd, log=log)
            try:
                _wait_until_ready(self, lifeline, log)
                yield self
            finally:
                lifeline.end()
        finally:
            os.close(lock_fd)

    def standby(self) -> "Cluster":
        """Copy the running server's data; the copy follows it once it runs."""
        copy = Cluster(self.binaries, self.data.with_name(f"standby-{secrets.token_hex(3)}"), self.account, free_port())
        address = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        self.command("pg_basebackup", *address, "-D", copy.data, "-R", "-c", "fast", "--no-sync")
        return copy

    def promote(self) -> None:
        self.command("pg_ctl", "promote", "-w", "-D", self.data)


def embedded_binaries() -> Binaries:
    """Return the programs that the project itself runs."""
    return make_runnable(find_binaries(), choose_account())


def debian_binaries() -> Binaries:
    """Return the system's programs, of an older version than the embedded ones."""
    found = sorted(DEBIAN.glob("*/bin/postgres"))
    if not found:
        pytest.fail(f"there is no PostgreSQL below {DEBIAN}; run: apt-get install postgresql")
    version = run_as(None, [found[-1], "--version"]).stdout.split()[2]
    return Binaries(found[-1].parent, version)


@contextmanager
def new_cluster(binaries: Binaries) -> Iterator[Cluster]:
    """Make an empty cluster in a folder that the servers' account can reach; it is deleted at the end."""
    account = choose_account()
    folder = Path(tempfile.mkdtemp(prefix="export-pipeline-cluster-"))
    try:
        if account:
            os.chown(folder, account.uid, account.gid)
        cluster = Cluster(binaries, folder / "data", account, free_port())
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        cluster.command("initdb", "-D", cluster.data, *options)
        yield cluster
    finally:
        shutil.rmtree(folder)


def wait_until_replayed(primary: Cluster, standby: Cluster, within_s: float = 30) -> None:
    """Wait until the standby shows what the primary has committed by now."""
    with psycopg.connect(primary.url()) as ours, psycopg.connect(standby.url(), autocommit=True) as theirs:
        # Its commit flushes what a vacuum leaves unflushed.
        ours.execute("select pg_logical_emit_message(true, 'export_pipeline_tests', '')")
        ours.commit()
        (wanted,) = ours.execute("select pg_current_wal_flush_lsn()").fetchone() or ("",)
        deadline = time.monotonic() + within_s
        while theirs.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", [wanted]).fetchone() != (True,):
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(_POLL_S)


def _wait_until_ready(cluster: Cluster, lifeline: Lifeline, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and not lifeline.is_broken():
        try:
            psycopg.connect(cluster.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(_POLL_S)
        else:
            return
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
