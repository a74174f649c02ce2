"""`kill -9` of each part of a deployment during a backfill: everything ends right, and nothing is stuck.

Whoever keeps the parts running (systemd, a container engine) starts the killed one again, as the units say; here the
test does. Its own PostgreSQL holds the source and Dagster's storage, so that this can be killed too.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest

from export_pipeline.embedded.sample import SampleSize, create_tables, fill
from export_pipeline.embedded.server import start_or_join
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.conftest import LAST_DAY, MakeHome, RunSql
from export_pipeline_tests.processes import alive, command_of, descendants, wait_until
from export_pipeline_tests.project.services import ROOT, Machine, Service, run_service, systemd_services

DAYS = 20
KEYS = [(LAST_DAY - timedelta(days=DAYS - 1 - day)).isoformat() for day in range(DAYS)]
RESTART_S = 5
"""As the units say."""
WITHIN_S = 600
"""As docs/operations.md says."""
ENDED = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}
RECORDED_TWICE = """
select e.asset_key, e.partition, count(*) from event_logs e join run_tags t using (run_id)
where e.dagster_event_type = 'ASSET_MATERIALIZATION' and t.key = 'dagster/backfill' and t.value = %s
group by 1, 2 having count(*) <> 1
"""
RECORDED = """
select count(distinct (e.asset_key, e.partition)) from event_logs e join run_tags t using (run_id)
where e.dagster_event_type = 'ASSET_MATERIALIZATION' and t.key = 'dagster/backfill' and t.value = %s
"""
UNDER_WAY = "select run_id, status from runs where status not in ('SUCCESS', 'FAILURE', 'CANCELED')"
CLAIMED = "select run_id, step_key from concurrency_slots where run_id is not null"
WAITING = "select run_id, step_key from pending_steps"

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


@dataclass(slots=True)
class Deployment:
    """The parts of a deployment by name, each kept running."""

    machine: Machine
    services: Mapping[str, Service]
    storage: str
    stack: ExitStack
    processes: "dict[str, subprocess.Popen[str]]" = field(default_factory=dict)

    @property
    def ui(self) -> int:
        return self.machine.ports["3000"]

    def start(self, name: str) -> None:
        self.processes[name] = self.stack.enter_context(run_service(self.services[name], self.machine.folder))

    def kill(self, name: str) -> None:
        """Kill a part with everything in its unit, as systemd does, and start it again as late."""
        family = descendants(self.processes[name].pid)
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        self.processes[name].wait()
        time.sleep(RESTART_S)
        self.start(name)

    def backfill(self) -> str:
        """Launch a backfill, as soon as the webserver has found the code server that the test before has killed."""
        launched: list[str] = []

        def launch() -> bool:
            try:
                launched.append(graphql.backfill(self.ui, ["logs", "logs_csv", "anomalies"], KEYS))
            except OSError:
                return False
            return True

        wait_until(launch, 120, self.logs)
        return launched[0]

    def kill_worker(self) -> None:
        """Kill the process of one run."""
        worker = next(pid for pid in descendants(self.processes["code"].pid) if "spawn_main" in command_of(pid))
        os.kill(worker, signal.SIGKILL)

    def kill_postgres(self) -> None:
        """Kill the database server, and start it again with the same command, as the same account."""
        with psycopg.connect(self.storage) as connection:
            (backend,) = connection.execute("select pg_backend_pid()").fetchone() or (0,)
            postmaster = int(Path(f"/proc/{backend}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        command = Path(f"/proc/{postmaster}/cmdline").read_text(encoding="utf-8").rstrip("\0").split("\0")
        account = Path(f"/proc/{postmaster}").stat()
        family = descendants(postmaster)
        os.kill(postmaster, signal.SIGKILL)
        wait_until(lambda: not alive(family), 30, "backends outlive their server")
        time.sleep(RESTART_S)
        process = subprocess.Popen(
            command,
            user=account.st_uid if os.geteuid() == 0 else None,
            group=account.st_gid if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.send_signal, signal.SIGINT)

    def backfill_status(self, backfill_id: str) -> str:
        """Return the backfill's status; empty while the webserver is away."""
        try:
            return graphql.backfill_status(self.ui, backfill_id)
        except (OSError, AssertionError):
            return ""

    def runs(self, backfill_id: str) -> list[str]:
        """Return the status of each of its runs; none while the webserver is away."""
        try:
            return graphql.backfill_runs(self.ui, backfill_id)
        except (OSError, AssertionError):
            return []

    def logs(self) -> str:
        files = self.machine.folder.glob("*.log")
        return "\n".join(f"{file.name}: {file.read_text(encoding='utf-8')[-3000:]}" for file in files)


@pytest.fixture(scope="module")
def deployment(make_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Start every service over a source of 20 days."""
    folder = tmp_path_factory.mktemp("machine")
    for name in ("dagster", "exports"):
        (folder / name).mkdir()
    shutil.copy(ROOT / "dagster.yaml", folder / "dagster")
    with start_or_join(make_home()) as server, ExitStack() as stack:
        for name in ("source", "storage"):
            server.create_database(name)
        create_tables(server.url("source"))
        fill(server.url("source"), SampleSize(logs=DAYS * 1_000, anomalies=DAYS * 50, days=DAYS), LAST_DAY)
        variables = {
            "DAGSTER_HOME": str(folder / "dagster"),
            "EXPORT_FIRST_PARTITION": KEYS[0],
            "EXPORT_ROOT": str(folder / "exports"),
            "EXPORT_SOURCE_URL": server.url("source"),
            "EXPORT_STORAGE_URL": server.url("storage", driver="postgresql+psycopg2"),
            "CODE_SERVER_HOST": "localhost",
        }
        machine = Machine(folder, variables)
        several = {"EXPORT_MAX_PARTITIONS_PER_RUN": "10"}  # so that runs wait while another one is killed
        services = {
            service.name: replace(service, environment={**service.environment, **several})
            for service in systemd_services(machine)
            if service.name != "viewer"
        }
        deployed = Deployment(machine, services, server.url("storage"), stack)
        for name in services:
            deployed.start(name)
        wait_until(lambda: graphql.is_up(deployed.ui), 120, deployed.logs)
        yield deployed


@pytest.mark.parametrize("victim", ["worker", "code", "daemon", "webserver", "postgres"])
def test_a_backfill_survives_the_kill_of(
    victim: str, deployment: Deployment, sql: RunSql, request: pytest.FixtureRequest
) -> None:
    backfill = deployment.backfill()
    wait_until(lambda: "STARTED" in deployment.runs(backfill), 120, deployment.logs)
    if victim == "worker":
        deployment.kill_worker()
    elif victim == "postgres":
        deployment.kill_postgres()
        request.addfinalizer(partial(deployment.kill, "code"))  # as docs/operations.md says
    else:
        deployment.kill(victim)
    wait_until(lambda: deployment.backfill_status(backfill) in ENDED, WITHIN_S, deployment.logs)
    assert deployment.backfill_status(backfill) == "COMPLETED_SUCCESS", deployment.logs()
    wait_until(lambda: sql(deployment.storage, UNDER_WAY) == [], 60, lambda: sql(deployment.storage, UNDER_WAY))
    assert sql(deployment.storage, RECORDED, [backfill]) == [(3 * DAYS,)]
    if victim != "postgres":  # which may go between a partition's record and the step's
        assert sql(deployment.storage, RECORDED_TWICE, [backfill]) == []
    assert list((deployment.machine.folder / "exports" / "_staging").rglob("*.parquet")) == []
    assert len(list((deployment.machine.folder / "exports" / "logs" / "parquet").glob("*/data.parquet"))) == DAYS
    wait_until(lambda: sql(deployment.storage, CLAIMED) == [], 120, lambda: sql(deployment.storage, CLAIMED))
    assert sql(deployment.storage, WAITING) == []
