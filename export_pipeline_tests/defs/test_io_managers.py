"""Publishing through Dagster on real runs: each partition by itself, recorded once, retried or stopped by class."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import unquote

import psycopg
import pytest
from dagster import AssetKey
from dagster._core.storage.tags import WILL_RETRY_TAG
from dagster_postgres.utils import DagsterPostgresException

from export_pipeline.defs import retries as retry_policy
from export_pipeline.progress import Progress
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project, failures, figures, retries

LOCK = "lock table log_entries in access exclusive mode"


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "FIRST_DELAY_S", 0.05)


@contextmanager
def locked(url: str) -> Iterator[psycopg.Connection]:
    """Hold the logs' table against every reader, until the block ends or the transaction does."""
    with psycopg.connect(url) as blocker:
        blocker.execute(LOCK)
        yield blocker


def test_a_range_publishes_and_records_each_partition_by_itself(project: Project, sql: RunSql, days: list[str]) -> None:
    result = project.run(span=(days[0], days[-1]))
    assert failures(result) == {}
    query = "select timestamp::date::text, count(*) from log_entries group by 1"
    counted: dict[str, int] = dict(sql(project.settings.source.conninfo, query))
    for asset in ("logs", "logs_csv", "logs_json"):
        records = project.materializations(result, asset)
        assert {key: figures(record)["row_count"] for key, record in records.items()} == counted
    recorded = {key: figures(record) for key, record in project.materializations(result, "logs").items()}
    for folder, manifest in project.manifests().items():
        facts = recorded[folder.removeprefix("date=")]
        assert (facts["bytes"], manifest.run_id) == (manifest.bytes, result.run_id)
        assert folder in unquote(facts["uri"])


def test_one_bad_partition_fails_alone(project: Project, sql: RunSql, days: list[str]) -> None:
    first, bad, last = days
    _spoil(project, sql, bad)
    result = project.run(span=(first, last))
    (message,) = failures(result).values()
    assert f"logs date={bad} parquet" in message
    assert "'pushed_at' holds infinity" in message
    assert retries(result) == 0
    assert set(project.manifests()) == {f"date={first}", f"date={last}"}
    assert set(project.materializations(result, "logs")) == {first, last}
    assert project.instance.get_materialized_partitions(AssetKey("logs")) == {first, last}


def test_two_bad_partitions_are_named_in_one_message(project: Project, sql: RunSql, days: list[str]) -> None:
    for bad in days[:2]:
        _spoil(project, sql, bad)
    (message,) = failures(project.run(span=(days[0], days[-1]))).values()
    assert all(f"logs date={bad} parquet" in message for bad in days[:2])


def test_an_error_that_no_retry_mends_stops_with_one_message(project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, "alter table log_entries drop column last_push_error cascade")
    result = project.run(partition=days[0])
    assert retries(result) == 0
    (message,) = failures(result).values()
    assert message.count("column 'last_push_error' (text) is missing") == 1
    assert project.manifests() == {}


@pytest.mark.usefixtures("_impatient")
def test_a_lock_that_is_let_go_costs_a_retry_only(project: Project, days: list[str]) -> None:
    impatient = project.with_settings(lock_timeout_s=0.2)
    with locked(project.settings.source.conninfo) as blocker:
        release = threading.Thread(target=_let_go_once_somebody_gave_up, args=(blocker,))
        release.start()
        result = impatient.run(partition=days[0])
        release.join()
    assert failures(result) == {}
    assert retries(result) >= 1
    assert set(project.materializations(result, "logs")) == {days[0]}


@pytest.mark.usefixtures("_impatient")
def test_retries_end_and_say_how_many_there_were(project: Project, days: list[str]) -> None:
    impatient = project.with_settings(lock_timeout_s=0.05)
    with locked(project.settings.source.conninfo):
        result = impatient.run(partition=days[0])
    assert retries(result) == 4
    (message,) = failures(result).values()
    assert "EXPORT_LOCK_TIMEOUT_S" in message
    assert "given up after 5 attempts" in message


@pytest.mark.usefixtures("_impatient")
def test_a_retry_of_a_range_leaves_alone_what_is_published(project: Project, days: list[str]) -> None:
    blocker = Blocker(project.settings.source.conninfo, days[0], forever=False)
    impatient = replace(project.with_settings(lock_timeout_s=0.2), on_progress=blocker)
    result = impatient.run(span=(days[0], days[-1]), assets=["logs"])
    blocker.join()
    assert failures(result) == {}
    assert retries(result) >= 1
    assert blocker.finished == Counter(days)
    assert set(project.materializations(result, "logs")) == set(days)


@pytest.mark.usefixtures("_impatient")
def test_a_range_that_gives_up_records_what_it_published(project: Project, days: list[str]) -> None:
    blocker = Blocker(project.settings.source.conninfo, days[0], forever=True)
    impatient = replace(project.with_settings(lock_timeout_s=0.05), on_progress=blocker)
    result = impatient.run(span=(days[0], days[-1]), assets=["logs"])
    blocker.join()
    (message,) = failures(result).values()
    assert "given up after 5 attempts" in message
    assert set(project.materializations(result, "logs")) == {days[0]}


def test_a_defect_of_ours_records_what_was_published_before_it(project: Project, days: list[str]) -> None:
    def fail_on_the_second_day(progress: Progress) -> None:
        if progress.partition.endswith(days[1]):
            raise ZeroDivisionError

    result = replace(project, on_progress=fail_on_the_second_day).run(span=(days[0], days[-1]), assets=["logs"])
    assert not result.success
    assert retries(result) == 0
    assert set(project.materializations(result, "logs")) == {days[0]}


def test_a_run_that_is_begun_again_because_the_storage_was_away_records_nothing_twice(
    project: Project, days: list[str]
) -> None:
    def lose_the_storage_on_the_second_day(progress: Progress) -> None:
        if progress.partition.endswith(days[1]):
            raise DagsterPostgresException("too many retries for DB connection")

    result = replace(project, on_progress=lose_the_storage_on_the_second_day).run(span=(days[0], days[-1]))
    assert not result.success
    assert set(project.materializations(result, "logs")) == set()
    run = project.instance.get_run_by_id(result.run_id)
    assert run
    assert run.tags[WILL_RETRY_TAG] == "true"


def test_a_run_without_a_partition_says_where_to_launch_it(project: Project) -> None:
    result = project.run()
    (message,) = failures(result).values()
    assert "names no partition" in message
    assert project.manifests() == {}


def test_no_password_is_in_anything_that_dagster_keeps(
    project: Project, storage_url: str, sql: RunSql, days: list[str]
) -> None:
    secret = "p%40ss-w0rd"
    source = project.settings.source.conninfo
    wrong = f"{source.split('://')[0]}://postgres:{secret}@{source.rsplit('@', 1)[1]}"
    assert project.run(partition=days[0]).success
    refused = project.with_settings(source_url=wrong).run(partition=days[1])
    (message,) = failures(refused).values()
    assert "password authentication failed" in message
    kept = _all_text(storage_url, sql)
    password = source.split(":")[2].split("@")[0]
    for hidden in (secret, "p@ss-w0rd", password):
        assert hidden not in kept
    assert "password authentication failed" in kept


class Blocker:
    """Locks the table once the rows of `partition` are through: until an export gave up, or until joined."""

    def __init__(self, url: str, partition: str, *, forever: bool) -> None:
        self.finished: Counter[str] = Counter()
        self._url = url
        self._partition = partition
        self._forever = forever
        self._joined = threading.Event()
        self._thread = threading.Thread(target=self._block)

    def __call__(self, progress: Progress) -> None:
        if progress.rows < progress.total_rows:
            return
        key = progress.partition.removeprefix("date=")
        self.finished[key] += 1
        if key == self._partition and self._thread.ident is None:
            self._thread.start()
            _wait_for_waiters(self._url, 1)

    def join(self) -> None:
        self._joined.set()
        self._thread.join()

    def _block(self) -> None:
        """Queue behind the export that still reads; whoever comes next queues behind this."""
        with locked(self._url) as connection:
            if self._forever:
                self._joined.wait()
            else:
                _let_go_once_somebody_gave_up(connection)


def _let_go_once_somebody_gave_up(blocker: psycopg.Connection) -> None:
    url = f"postgresql://postgres:{blocker.info.password}@127.0.0.1:{blocker.info.port}/{blocker.info.dbname}"
    _wait_for_waiters(url, 1)
    _wait_for_waiters(url, 0)
    blocker.rollback()


def _wait_for_waiters(url: str, number: int) -> None:
    """Wait until so many sessions wait for a lock on the logs' table."""
    query = "select count(*) from pg_locks where relation = 'log_entries'::regclass and not granted"
    with psycopg.connect(url, autocommit=True) as watcher:
        while watcher.execute(query).fetchone() != (number,):
            time.sleep(0.01)


def _spoil(project: Project, sql: RunSql, day: str) -> None:
    statement = f"update log_entries set pushed_at = 'infinity' where timestamp::date = '{day}'"
    sql(project.settings.source.conninfo, statement)


def _all_text(storage_url: str, sql: RunSql) -> str:
    """Return every row of every table of Dagster's storage as text."""
    names = sql(storage_url, "select tablename from pg_tables where schemaname = 'public'")
    rows = [row for (name,) in names for row in sql(storage_url, f'select t::text from "{name}" t')]
    return "\n".join(text for (text,) in rows)
