"""`export-pipeline dev` as a whole: UI, daemon, code server and database, up together and gone together."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from export_pipeline_tests.cli import graphql
from export_pipeline_tests.cli.conftest import SIZE, Demo
from export_pipeline_tests.cli.dev_process import Dev, source_of, start_dev
from export_pipeline_tests.cli.terminal import PROGRAM, run
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.processes import alive, command_of, descendants, free_port, wait_until

WAITING = "select 1 from pg_locks where not granted"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def _shared(demo: Demo) -> Iterator[list[Dev]]:
    """Keep the one that runs; whoever stops it leaves the next test to start another."""
    running: list[Dev] = []
    yield running
    for dev in running:
        if dev.process.poll() is None:
            dev.stop(signal.SIGINT, 60)


@pytest.fixture
def dev(demo: Demo, _shared: list[Dev]) -> Dev:
    """Give a `dev` over the demo's home whose UI answers."""
    if not _shared or _shared[-1].process.poll() is not None:
        _shared.append(start_dev(demo.home.folder))
    ours = _shared[-1]
    wait_until(lambda: ours.process.poll() is not None or graphql.is_up(ours.port), 120, "the UI does not answer")
    assert ours.process.poll() is None
    return ours


@pytest.fixture
def stuck_run(dev: Dev, demo: Demo, sql: RunSql) -> Iterator[str]:
    """Launch a run that waits for a lock which another session holds."""
    kept = demo.home.read_sample()
    assert kept is not None
    url = source_of(dev)
    with suppress(psycopg.OperationalError), psycopg.connect(url) as blocker:  # the server may be gone first
        blocker.execute("lock table ip_addresses in access exclusive mode")
        run_id = graphql.launch(dev.port, "ips_job", kept.last_day.isoformat())
        wait_until(lambda: sql(url, WAITING), 60, "the run does not begin")
        yield run_id


def test_the_ui_knows_every_asset(dev: Dev) -> None:
    expected = {f"{name}{suffix}" for name in ("logs", "anomalies", "ips") for suffix in ("", "_csv", "_json")}
    assert graphql.assets(dev.port) == expected


def test_a_run_and_a_backfill_go_through_the_queue_and_succeed(dev: Dev, demo: Demo) -> None:
    kept = demo.home.read_sample()
    assert kept is not None
    run_id = graphql.launch(dev.port, "ips_job", kept.first_day.isoformat())  # the last day's may be started again
    first_two = [(kept.first_day + timedelta(days=day)).isoformat() for day in range(2)]
    backfill_id = graphql.backfill(dev.port, ["anomalies", "anomalies_csv"], first_two)
    wait_until(lambda: graphql.run_status(dev.port, run_id) in {"SUCCESS", "FAILURE"}, 120, "the run does not end")
    assert graphql.run_status(dev.port, run_id) == "SUCCESS"
    ended = {"SUCCESS", "FAILURE"}
    wait_until(lambda: set(graphql.backfill_runs(dev.port, backfill_id)) & ended, 120, "the backfill does not end")
    assert graphql.backfill_runs(dev.port, backfill_id) == ["SUCCESS"]
    manifest = (demo.home.exports / f"_manifests/ips/csv/date={kept.first_day}.json").read_text(encoding="utf-8")
    assert run_id in manifest


def test_what_is_published_can_be_checked_alone(dev: Dev, demo: Demo) -> None:
    kept = demo.home.read_sample()
    assert kept is not None
    day = kept.first_day.isoformat()
    assert day in graphql.partitions_of_job(dev.port, "anomalies_checks")
    run_id = graphql.launch(dev.port, "anomalies_checks", day)
    wait_until(lambda: graphql.run_status(dev.port, run_id) in {"SUCCESS", "FAILURE"}, 120, "the run does not end")
    assert graphql.run_status(dev.port, run_id) == "SUCCESS"
    shown = {"runId": run_id, "partition": day, "status": "SUCCEEDED"}
    for check in ("schema", "quality", "reconciliation", "checksum", "freshness"):
        assert graphql.newest_execution(dev.port, "anomalies", check) == shown


def test_a_second_one_on_the_same_home_is_refused(dev: Dev) -> None:
    done = run("dev", "--home", dev.home, "--port", str(free_port()))
    assert done.returncode == 1
    assert "runs for" in done.stderr
    assert "already; stop it, or choose another --home" in done.stderr
    assert dev.process.poll() is None


def test_a_port_that_is_taken_is_named(dev: Dev, fresh_home: Path) -> None:
    done = run("dev", "--home", fresh_home, "--port", str(dev.port))
    assert done.returncode == 1
    assert f"port {dev.port} of 127.0.0.1: Address already in use; choose another with --port" in done.stderr


def test_a_demo_works_beside_it(dev: Dev) -> None:
    done = run("demo", "--home", dev.home, *SIZE)
    assert done.returncode == 0
    assert "every manifest matches" in done.stdout or "every row is accounted for" in done.stdout
    assert dev.process.poll() is None


def test_a_run_that_is_terminated_ends_at_once_and_lets_go_of_the_source(dev: Dev, stuck_run: str, sql: RunSql) -> None:
    graphql.terminate(dev.port, stuck_run)
    wait_until(lambda: graphql.run_status(dev.port, stuck_run) == "CANCELED", 30, "it is not cancelled")
    assert sql(source_of(dev), WAITING) == []


class TestStopping:
    """Together, so that shuffling does not start a new UI between any two other tests."""

    def test_ctrl_c_stops_everything_a_run_under_way_too(self, dev: Dev, stuck_run: str) -> None:
        assert graphql.run_status(dev.port, stuck_run) == "STARTED"
        said = dev.stop(signal.SIGINT, 45).splitlines()
        assert dev.process.returncode == 0
        assert said[0] == f"Dagster UI: http://127.0.0.1:{dev.port} in about 20 s (Ctrl-C stops it and the database)"
        noise = [line for line in said if "Warning" in line or "DEBUG" in line or "\x1b" in line]
        assert noise == []

    def test_a_kill_leaves_nothing_behind(self, dev: Dev) -> None:
        dev.stop(signal.SIGKILL, 45)
        assert run("export", "ips", "--home", dev.home, "-o", dev.home / "after.parquet").returncode == 0


@pytest.mark.parametrize("victim", ["bin/postgres -D", "dagster_webserver", "dagster._daemon"])
def test_the_end_of_any_part_ends_it_with_a_message(fresh_home: Path, victim: str) -> None:
    dev = start_dev(fresh_home)
    wait_until(lambda: graphql.is_up(dev.port), 120, "the UI does not answer")
    family = descendants(dev.process.pid)
    for pid in (pid for pid in family if victim in command_of(pid) and "guardian.py" not in command_of(pid)):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(family), 60, lambda: [command_of(pid) for pid in alive(family)])
    said = dev.process.communicate(timeout=10)[0]
    assert dev.process.returncode == 1
    assert "Run `export-pipeline dev` again: runs and backfills that were under way go on" in said


def test_sigterm_while_it_starts_stops_everything_too(fresh_home: Path) -> None:
    starting = start_dev(fresh_home)
    assert starting.process.stdout is not None
    assert "Dagster UI" in starting.process.stdout.readline()
    wait_until(lambda: len(descendants(starting.process.pid)) > 5, 30, "nothing was started")
    starting.stop(signal.SIGTERM, 45)
    assert starting.process.returncode == 0


def test_ctrl_c_works_where_the_shell_has_switched_it_off(fresh_home: Path) -> None:
    """A script's `export-pipeline dev &` starts it with SIGINT ignored."""
    command = ["sh", "-c", 'trap "" INT; exec "$0" "$@"', PROGRAM, "dev", "--home", str(fresh_home)]
    process = subprocess.Popen([*command, "--port", str(free_port())], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "Dagster UI" in process.stdout.readline()
    wait_until(lambda: len(descendants(process.pid)) > 5, 30, "nothing was started")
    Dev(fresh_home, 0, process).stop(signal.SIGINT, 45)
    assert process.returncode == 0
