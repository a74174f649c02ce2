"""Many exports begun at once: all end, no more of them read at a time than the pool lets, and one can be ended."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from export_pipeline.defs.pools import SOURCE_POOL
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.cli.conftest import Demo
from export_pipeline_tests.cli.conftest import demo as demo  # noqa: PLC0414 - a fixture
from export_pipeline_tests.cli.dev_process import Dev, running_dev, source_of
from export_pipeline_tests.cli.terminal import BARE, PROGRAM
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.processes import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(590)]

EXPORTS = 6
"""Enough to queue on two processors; it was tried with 20."""
LIMIT = 2
"""Of every pool in dagster.yaml."""
WITHIN_S = 500
SLOW = """
create function slowly(id bigint) returns bigint language plpgsql stable as $$
begin perform pg_sleep(0.05); return id; end $$;
create view slow_rows as select slowly(g) as id, repeat('x', 100) as padding from generate_series(1, 40) g
"""
# A snapshot that is read from holds its xmin from its first query on, whatever its session does.
READING = (
    "select count(*) from pg_stat_activity where application_name = 'export_pipeline'"
    " and datname = current_database() and backend_xmin is not null and query not ilike 'explain%'"
    " and query ilike '%slow_rows%'"
)
REQUEST = {"tables": ["slow_rows"], "format": "csv", "batch_rows": 5}


class Observer:
    """Looks how many snapshots are read from at once, each time that it is asked."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self.most = 0

    def look(self) -> int:
        (now,) = self._connection.execute(READING.encode()).fetchone() or (0,)
        self.most = max(self.most, int(now))
        return int(now)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def observed(source_url: str, sql: RunSql) -> Iterator[Observer]:
    sql(source_url, SLOW)
    observer = Observer(source_url)
    yield observer
    observer.close()


def number_of(run: DagsterRun) -> int:
    return int(str(run.run_config["requested_by"]))


def test_commands_begun_at_once_take_turns_and_one_that_is_interrupted_gives_its_place_back(
    instance: DagsterInstance, observed: Observer, source_url: str, tmp_path: Path
) -> None:
    environ = {**BARE, "EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path / "root")}
    environ |= {name: os.environ[name] for name in ("DAGSTER_HOME", "EXPORT_STORAGE_URL")}
    command = [PROGRAM, "export", "--table", "slow_rows", "--format", "csv", "--batch-rows", "5"]
    processes = [
        subprocess.Popen(
            [*command, "--requested-by", str(number)],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(EXPORTS)
    ]
    pool = instance.event_log_storage.get_concurrency_info

    def reading() -> bool:
        early = [process.communicate()[0] for process in processes if process.poll()]
        assert not early, early
        return observed.look() == LIMIT and bool(pool(SOURCE_POOL).pending_run_ids)

    wait_until(reading, WITHIN_S, lambda: [process.poll() for process in processes])
    info = pool(SOURCE_POOL)
    interrupted = {next(iter(info.active_run_ids)), next(iter(info.pending_run_ids - info.active_run_ids))}
    numbers = {number_of(run) for run in instance.get_runs() if run.run_id in interrupted}
    assert len(numbers) == 2
    for number in numbers:
        processes[number].send_signal(signal.SIGINT)

    def all_ended() -> bool:
        observed.look()
        return all(process.poll() is not None for process in processes)

    wait_until(all_ended, WITHIN_S, lambda: [process.poll() for process in processes])
    said = [process.communicate()[0] for process in processes]
    codes = {number: process.returncode for number, process in enumerate(processes)}
    assert codes == {number: 130 if number in numbers else 0 for number in range(EXPORTS)}, said
    assert not any("Traceback" in text for text in said)
    assert observed.look() == 0
    assert observed.most == LIMIT
    statuses = {number_of(run): run.status for run in instance.get_runs()}
    assert statuses == {
        number: DagsterRunStatus.CANCELED if number in numbers else DagsterRunStatus.SUCCESS
        for number in range(EXPORTS)
    }
    exported = {path.name for path in (tmp_path / "root" / "exports").iterdir()}
    assert exported == {run.run_id for run in instance.get_runs() if run.status is DagsterRunStatus.SUCCESS}
    assert not (tmp_path / "root" / "_staging").exists()


@pytest.fixture
def dev(demo: Demo, tmp_path: Path, sql: RunSql) -> Iterator[Dev]:
    """Give a `dev` over the demo's home, with a table that is read slowly."""
    with running_dev(demo.home.folder, {}, tmp_path / "dev.log") as running:
        sql(source_of(running), SLOW)
        yield running


def test_queued_runs_take_turns_and_one_that_is_terminated_gives_its_place_back(dev: Dev, demo: Demo) -> None:
    observed = Observer(source_of(dev))
    shutil.rmtree(demo.home.exports / "exports", ignore_errors=True)
    runs = [graphql.launch(dev.port, "export", config=REQUEST) for _ in range(EXPORTS)]

    def statuses() -> list[str]:
        observed.look()
        return [graphql.run_status(dev.port, run_id) for run_id in runs]

    wait_until(lambda: observed.look() > 0, WITHIN_S, statuses)
    terminated = next(run_id for run_id, status in zip(runs, statuses(), strict=True) if status == "STARTED")
    graphql.terminate(dev.port, terminated)
    ended = {"SUCCESS", "FAILURE", "CANCELED"}
    wait_until(lambda: set(statuses()) <= ended, WITHIN_S, statuses)
    found = dict(zip(runs, statuses(), strict=True))
    assert found == {run_id: "CANCELED" if run_id == terminated else "SUCCESS" for run_id in runs}
    assert observed.look() == 0
    assert 0 < observed.most <= LIMIT
    exported = {path.name for path in (demo.home.exports / "exports").iterdir()}
    assert exported == set(runs) - {terminated}
    observed.close()
