"""`dagster dev` works without our command line: as docs/operations.md says, from a checkout and from anywhere."""

import re
import shutil
import signal
from pathlib import Path

import pytest

from export_pipeline_tests.cli import graphql
from export_pipeline_tests.processes import wait_until
from export_pipeline_tests.project.commands import blocks, environment
from export_pipeline_tests.project.conftest import MakeMachine
from export_pipeline_tests.project.services import ROOT, Machine, Service, run_service

EXPECTED = {f"{name}{suffix}" for name in ("logs", "anomalies", "ips") for suffix in ("", "_csv", "_json")}
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def machine(make_machine: MakeMachine) -> Machine:
    return make_machine()


@pytest.fixture
def checkout(machine: Machine) -> Path:
    """Give a folder with what `dagster dev` finds in a checkout."""
    folder = machine.folder / "checkout"
    folder.mkdir()
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


def documented(name: str, machine: Machine) -> list[str]:
    """Return the page's commands with this machine's addresses; bash gives its place to the last of them."""
    script = blocks("dev")[name].replace("dagster dev", "exec dagster dev").replace("3000", str(machine.ports["3000"]))
    for variable in ("EXPORT_STORAGE_URL", "EXPORT_SOURCE_URL"):
        script = re.sub(rf"{variable}=\S+", f"{variable}={machine.variables[variable]}", script)
    return ["bash", "-euo", "pipefail", "-c", script]


def assert_it_works(dev: Service, machine: Machine, folder: Path) -> None:
    """Start it, wait for its assets, stop it by Ctrl-C."""
    with run_service(dev, folder, signal.SIGINT) as process:
        port = machine.ports["3000"]
        wait_until(lambda: process.poll() is not None or graphql.is_up(port), 120, "the UI does not answer")
        assert process.poll() is None, (folder / "dev.log").read_text(encoding="utf-8")
        assert graphql.assets(port) == EXPECTED
    assert process.returncode == 0


def test_it_starts_from_a_checkout(machine: Machine, checkout: Path) -> None:
    bare = {"PATH": environment(machine)["PATH"]}
    assert_it_works(Service("dev", documented("checkout", machine), bare), machine, checkout)
    assert (checkout / ".export_pipeline" / "dagster" / "dagster.yaml").is_file()


def test_it_starts_from_an_empty_folder_by_the_modules_name(machine: Machine, tmp_path: Path) -> None:
    assert_it_works(Service("dev", documented("anywhere", machine), environment(machine)), machine, tmp_path)
