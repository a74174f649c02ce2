"""Reads the deployment files and runs the very commands in them as processes of this machine.

What a container or a unit gives its command is given here too: the variables of its file and no others. Only the
machine's own ports and folders stand in for those in the files.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from export_pipeline_tests.processes import alive, command_of, free_port, wait_until

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
STOP_S = 60

Yaml = dict[str, Any]  # Any: as it was written


@dataclass(frozen=True, slots=True)
class Service:
    """A command with its environment; `health` is the command that says whether it works, `before` runs first."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    health: Sequence[str] = ()
    before: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """What stands in for the servers, the folders and the ports of the files."""

    folder: Path
    variables: Mapping[str, str]
    ports: Mapping[str, int] = field(default_factory=lambda: {port: free_port() for port in ("3000", "3001", "4000")})

    def local(self, text: str) -> str:
        """Return `text` with this machine's folders and ports, in one pass, so that none is replaced twice."""
        names = {
            "/opt/export-pipeline/.venv/bin": str(BIN),
            "/opt/export-pipeline": str(ROOT),
            "/var/lib/export-pipeline": str(self.folder / "dagster"),
            "/srv/exports": str(self.folder / "exports"),
            "0.0.0.0": "127.0.0.1",
        } | {name: str(port) for name, port in self.ports.items()}
        pattern = "|".join(rf"(?<!\d){re.escape(name)}(?!\d)" for name in names)
        return re.sub(pattern, lambda found: names[found[0]], text)


def compose_file() -> Yaml:
    loaded: Yaml = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def compose_services(machine: Machine) -> list[Service]:
    """Return the services of our own image; a variable of the machine goes before the file's."""
    return [
        Service(
            name,
            [machine.local(word) for word in service["command"]],
            {"PATH": f"{BIN}:/usr/bin:/bin", "DAGSTER_HOME": str(machine.folder / "dagster")}
            | _given(machine, service["environment"], service.get("env_file")),
            [machine.local(word) for word in service["healthcheck"]["test"][1:]],
        )
        for name, service in compose_file()["services"].items()
        if "build" in service
    ]


def systemd_services(machine: Machine) -> list[Service]:
    """Return the units' services."""
    services = []
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        unit = read_unit(path)["Service"]
        environment = dict(pair.split("=", 1) for line in unit["Environment"] for pair in shlex.split(line))
        files = [Path(file).name for file in unit["EnvironmentFile"]]
        (command,) = unit["ExecStart"]
        given = _given(machine, environment, *files)
        before = [shlex.split(machine.local(step)) for step in unit.get("ExecStartPre", [])]
        services.append(
            Service(path.stem.rpartition("-")[2], shlex.split(machine.local(command)), given, before=before)
        )
    return services


def read_unit(path: Path) -> dict[str, dict[str, list[str]]]:
    """Return the sections of a systemd unit: each key with all its values."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return sections


def example(name: str) -> dict[str, str]:
    """Return the variables of an example file."""
    lines = (DEPLOY / f"{name}.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def is_healthy(service: Service) -> bool:
    """Run the service's own health check beside it."""
    return subprocess.run(service.health, env=service.environment, capture_output=True, check=False).returncode == 0


@contextmanager
def run_service(
    service: Service, folder: Path, sign: signal.Signals = signal.SIGTERM
) -> Iterator["subprocess.Popen[str]"]:
    """Run a service, its output in a file of `folder`; at the end stop it by `sign`, and see that nothing stays."""
    for step in service.before:
        subprocess.run(step, env=service.environment, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    log = folder / f"{service.name}.log"
    with log.open("a", encoding="utf-8") as output:
        process = subprocess.Popen(
            service.command,
            env={**service.environment, "PYTHONFAULTHANDLER": "1"},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(sign)
        try:
            wait_until(
                lambda: process.poll() is not None and not session(process.pid), STOP_S, lambda: stacks(process, log)
            )
        finally:
            for left in session(process.pid):
                os.kill(left, signal.SIGKILL)


def stacks(process: "subprocess.Popen[str]", log: Path) -> str:
    """Return what each process of a service that does not end is doing: Python writes it down when it is aborted."""
    left = session(process.pid)
    commands = [command_of(pid)[:200] for pid in left]
    for pid in left:
        os.kill(pid, signal.SIGABRT)
    wait_until(lambda: not session(process.pid), STOP_S, "they do not even abort")
    return "\n".join([*commands, log.read_text(encoding="utf-8")[-20_000:]])


def session(leader: int) -> set[int]:
    """Return the processes that still run in the session of `leader`, which may be gone itself."""
    found = set()
    for folder in Path("/proc").iterdir():
        with suppress(ValueError, ProcessLookupError, FileNotFoundError):
            if os.getsid(int(folder.name)) == leader:
                found.add(int(folder.name))
    return alive(found)


def _given(machine: Machine, environment: Mapping[str, str], *files: str | None) -> dict[str, str]:
    """Return the variables of a service, its files' first, then what it sets itself."""
    read = [example(file) for file in files if file] + [environment]
    given = {name: machine.local(value) for variables in read for name, value in variables.items()}
    local = {name: value for name, value in machine.variables.items() if name in given}
    return given | local | {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
