"""`in_sync` is never wrong, while writers insert, update, move, delete, roll back and commit late."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pyarrow.parquet as pq

from export_pipeline.changes.verdict import State
from export_pipeline.embedded.sample import create_tables, fill
from export_pipeline_tests.changes.shop import ANOMALIES, Shop
from export_pipeline_tests.conftest import LAST_DAY, SIZE
from export_pipeline_tests.flows.running import DAYS, PARTITIONING, Exporter
from export_pipeline_tests.servers import embedded_binaries, new_cluster, wait_until_replayed

ROUNDS, WRITERS = 40, 3
ROWS = 'select id, severity, "timestamp" from anomaly_records where "timestamp" >= %s and "timestamp" < %s'

ONE = '(select id from anomaly_records where "timestamp"::date = %(day)s order by random() limit 1)'
STATEMENTS = (
    "insert into anomaly_records (anomaly_type, \"timestamp\") values ('x', %(day)s::date + interval '7 hours')",
    f"update anomaly_records set severity = 1 + severity %% 5 where id = {ONE}",
    f"update anomaly_records set \"timestamp\" = %(other)s::date + interval '9 hours' where id = {ONE}",
    f"delete from anomaly_records where id = {ONE}",
)


class Writer(threading.Thread):
    """Writes until told to stop; holds `may_commit` while it ends a transaction."""

    def __init__(self, url: str, seed: int, may_commit: threading.Lock, stopping: threading.Event) -> None:
        super().__init__()
        self._url = url
        self._random = random.Random(seed)
        self._may_commit = may_commit
        self._stopping = stopping
        self.commits = 0

    def run(self) -> None:
        with psycopg.connect(self._url, options="-c lock_timeout=200") as connection:
            while not self._stopping.is_set():
                with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                    self._write(connection)
                connection.rollback()
                # Long enough that now and then nobody writes: only then can a partition be in sync.
                time.sleep(self._random.choice((0, 0.02, 0.3)))

    def _write(self, connection: psycopg.Connection) -> None:
        for _ in range(self._random.randint(1, 3)):
            day, other = self._random.choice(DAYS), self._random.choice(DAYS)
            connection.execute(self._random.choice(STATEMENTS).encode(), {"day": day, "other": other})
            time.sleep(self._random.choice((0, 0.01, 0.05)))
        with self._may_commit:
            if self._random.random() < 0.8:
                connection.commit()
                self.commits += 1


@contextmanager
def writers(url: str, may_commit: threading.Lock) -> Iterator[list[Writer]]:
    stopping = threading.Event()
    threads = [Writer(url, seed, may_commit, stopping) for seed in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def in_source(url: str, day: str) -> set[tuple[object, ...]]:
    window = PARTITIONING.window(day)
    assert window.start
    assert window.end
    with psycopg.connect(url) as connection:
        return set(connection.execute(ROWS, [window.start.replace(tzinfo=None), window.end.replace(tzinfo=None)]))


def in_file(exporter: Exporter, day: str) -> set[tuple[object, ...]]:
    rows = pq.ParquetFile(exporter.file(day)).read(["id", "severity", "timestamp"]).to_pylist()
    return {(row["id"], row["severity"], row["timestamp"].replace(tzinfo=None)) for row in rows}


def nothing_to_wait_for() -> None:
    """A source shows at once what is committed to it."""


def require_in_sync_is_never_wrong(
    exporter: Exporter, written: str, catch_up: Callable[[], None] = nothing_to_wait_for
) -> None:
    """Export again and again, and look, while others write to `written`, which the exporter's source shows.

    `catch_up` waits until it shows what is committed.
    """
    may_commit, chance, shop = threading.Lock(), random.Random(20_24), Shop(exporter)
    in_sync = changed = 0
    with writers(written, may_commit) as running:
        for _ in range(ROUNDS):
            exporter.run(chance.choice(DAYS))
            with may_commit:  # what is committed stands still; open transactions stay open
                catch_up()
                for day, verdict in shop.look().verdicts.items():
                    if verdict.state is State.IN_SYNC:
                        assert in_file(exporter, day) == in_source(exporter.url, day)
                        in_sync += 1
                    changed += verdict.state is State.CHANGED
    assert all(writer.commits > 5 for writer in running)
    assert in_sync > 3
    assert changed > 10
    catch_up()
    shop.export(*DAYS)
    assert shop.look().pending == ()


def test_in_sync_is_never_wrong(source_url: str, tmp_path: Path) -> None:
    require_in_sync_is_never_wrong(Exporter(source_url, tmp_path, ANOMALIES), source_url)


def test_in_sync_is_never_wrong_on_a_standby(tmp_path: Path) -> None:
    with new_cluster(embedded_binaries()) as cluster, cluster.running() as primary:
        create_tables(primary.url())
        fill(primary.url(), SIZE, LAST_DAY)
        with primary.standby().running() as standby:
            wait_until_replayed(primary, standby)
            require_in_sync_is_never_wrong(
                Exporter(standby.url(), tmp_path, ANOMALIES),
                primary.url(),
                partial(wait_until_replayed, primary, standby),
            )
