"""The deployment files' own commands make a deployment that works, with containers and with systemd alike."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

import psycopg
import pytest

from export_pipeline_tests.cli import graphql
from export_pipeline_tests.conftest import LAST_DAY, RunSql
from export_pipeline_tests.processes import wait_until
from export_pipeline_tests.project.commands import run_block
from export_pipeline_tests.project.conftest import MakeMachine
from export_pipeline_tests.project.services import (
    BIN,
    Machine,
    Service,
    compose_services,
    is_healthy,
    run_service,
    systemd_services,
)

DAY = LAST_DAY.isoformat()
pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@dataclass(frozen=True, slots=True)
class Deployment:
    """Services that run on a machine, and what keeps each of them running."""

    machine: Machine
    services: dict[str, Service]
    processes: "dict[str, subprocess.Popen[str]]"
    stack: ExitStack

    @property
    def ui(self) -> int:
        return self.machine.ports["3000"]

    @property
    def viewers_ui(self) -> int:
        return self.machine.ports["3001"]

    def start(self, name: str) -> None:
        self.processes[name] = self.stack.enter_context(run_service(self.services[name], self.machine.folder))

    def wait_until_up(self) -> None:
        for port in (self.ui, self.viewers_ui):
            wait_until(partial(graphql.is_up, port), 120, self.logs)

    def wait_until_ended(self, run_id: str) -> str:
        """Wait until a run has ended; return how."""
        wait_until(lambda: graphql.run_status(self.ui, run_id) in {"SUCCESS", "FAILURE"}, 120, self.logs)
        return graphql.run_status(self.ui, run_id)

    def logs(self) -> str:
        files = self.machine.folder.glob("*.log")
        return "\n".join(f"{file.name}: {file.read_text(encoding='utf-8')[-1500:]}" for file in files)


@pytest.fixture(scope="module", params=[compose_services, systemd_services], ids=["compose", "systemd"])
def deployment(request: pytest.FixtureRequest, make_machine: MakeMachine) -> Iterator[Deployment]:
    """Start every service at once, on a storage database without tables."""
    machine = make_machine()
    services = {service.name: service for service in request.param(machine)}
    with ExitStack() as stack:
        deployed = Deployment(machine, services, {}, stack)
        for name in services:
            deployed.start(name)
        deployed.wait_until_up()
        yield deployed


def test_a_partition_goes_through_the_queue_and_is_published(deployment: Deployment) -> None:
    run_id = graphql.launch(deployment.ui, "anomalies_job", DAY)
    assert deployment.wait_until_ended(run_id) == "SUCCESS"
    assert (deployment.machine.folder / f"exports/anomalies/parquet/date={DAY}/data.parquet").is_file()


def test_nothing_is_written_outside_of_the_volumes(deployment: Deployment) -> None:
    """The containers' file systems are read-only but for these."""
    run_id = graphql.launch(deployment.ui, "anomalies_job", DAY)
    assert deployment.wait_until_ended(run_id) == "SUCCESS"
    home = deployment.machine.folder / "dagster"
    written = {path.relative_to(home).parts[0] for path in home.rglob("*") if path.is_file()}
    assert written <= {"dagster.yaml", "storage", "workers"}
    assert (home / "workers").is_dir()


def test_the_pages_health_commands_find_it_well(deployment: Deployment) -> None:
    daemon = deployment.services["daemon"]
    live = [str(BIN / "dagster-daemon"), "liveness-check"]
    wait_until(lambda: is_healthy(replace(daemon, health=live)), 120, deployment.logs)
    done = run_block("health", deployment.machine.folder, daemon.environment)
    assert "Daemon live" in done.stdout
    code = deployment.services["code"]
    environ = {"PATH": f"{BIN}:/usr/bin:/bin"} | dict(code.environment)
    found = run_block("probe", deployment.machine.folder, environ).stdout
    for part in ("storage database", "source", "destination", "daemon", "queue"):
        assert f"✓ {part}" in found


def test_who_looks_sees_every_run_and_starts_none(deployment: Deployment) -> None:
    assert graphql.assets(deployment.viewers_ui) == graphql.assets(deployment.ui)
    with pytest.raises(AssertionError, match="UnauthorizedError"):
        graphql.launch(deployment.viewers_ui, "ips_job", DAY)


def test_only_the_code_server_knows_the_source(deployment: Deployment) -> None:
    assert {name for name, service in deployment.services.items() if "EXPORT_SOURCE_URL" in service.environment} == {
        "code"
    }


@pytest.mark.parametrize("deployment", [systemd_services], indirect=True, ids=["systemd"])
def test_a_stop_of_the_code_server_lets_the_run_under_way_end(deployment: Deployment, sql: RunSql) -> None:
    source = deployment.machine.variables["EXPORT_SOURCE_URL"]
    code = deployment.processes["code"]
    with psycopg.connect(source) as blocker:
        blocker.execute("lock table ip_addresses in access exclusive mode")
        run_id = graphql.launch(deployment.ui, "ips_job", DAY)
        wait_until(lambda: sql(source, "select 1 from pg_locks where not granted"), 60, deployment.logs)
        code.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):  # `dagster code-server start` gives up after 30 s
            code.wait(35)
    assert deployment.wait_until_ended(run_id) == "SUCCESS"
    assert code.wait(60) == 0
    deployment.start("code")
    wait_until(lambda: _launches(deployment), 60, deployment.logs)


def _launches(deployment: Deployment) -> bool:
    """Tell whether the UI has found the code server again."""
    try:
        run_id = graphql.launch(deployment.ui, "ips_job", DAY)
    except OSError:
        return False
    return deployment.wait_until_ended(run_id) == "SUCCESS"


def test_the_health_checks_tell_whether_a_service_works(make_machine: MakeMachine) -> None:
    machine = make_machine()
    services = compose_services(machine)
    assert [service.name for service in services if is_healthy(service)] == []
    with ExitStack() as stack:
        for service in services:
            stack.enter_context(run_service(service, machine.folder))
        for service in services:
            wait_until(partial(is_healthy, service), 120, service.name)
