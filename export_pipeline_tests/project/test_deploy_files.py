"""What the deployment files promise before anything is started: no password, no root, no loose end."""

import re
from pathlib import Path

import pytest

from export_pipeline.settings import Settings
from export_pipeline_tests.project.services import DEPLOY, ROOT, compose_file, example, read_unit

SERVICES = compose_file()["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
OTHERS = {
    "CODE_SERVER_HOST",
    "CODE_SERVER_PORT",
    "DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR",
    "DAGSTER_HOME",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
}
KNOWN = OTHERS | {f"EXPORT_{name.upper()}" for name in Settings.model_fields}


def test_every_variable_is_a_setting_or_known() -> None:
    named = {name for service in OURS.values() for name in service["environment"]}
    named |= {name for file in ("settings.env", "storage.env") for name in example(file)}
    for unit in UNITS:
        named |= {pair.split("=")[0] for line in read_unit(unit)["Service"]["Environment"] for pair in line.split()}
    named |= set(re.findall(r"(?:ENV |    )([A-Z_]+)=", DOCKERFILE))
    assert named <= KNOWN
    assert {"EXPORT_STORAGE_URL", "EXPORT_SOURCE_URL", "EXPORT_ROOT", "DAGSTER_HOME"} <= named


def test_no_password_has_a_default() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"PASSWORD(?::-|-)", text) == []
    interpolated = re.findall(r"\$\{(\w+)([^}]*)\}", text)
    assert {name for name, _ in interpolated} == set(example("env"))
    assert {rest[:2] for _, rest in interpolated} == {":?"}
    secrets = example("env") | {name: value for name, value in example("storage.env").items() if "URL" in name}
    secrets |= {name: value for name, value in example("settings.env").items() if "URL" in name}
    assert set(secrets.values()) == {""}


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_restarts_is_watched_and_is_limited(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["mem_limit"]
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert DOCKERFILE.rstrip().endswith("USER exporter")


def test_what_a_container_writes_is_a_volume_that_its_account_owns() -> None:
    mounted = {volume.split(":")[1] for service in OURS.values() for volume in service.get("volumes", [])}
    (made,) = re.findall(r"install -d -o exporter -g exporter \\\n(.*)", DOCKERFILE)
    assert mounted == set(made.split())
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert named == set(compose_file()["volumes"])


def test_what_the_image_copies_exists_and_reaches_the_builder() -> None:
    lines = re.findall(r"^COPY (?!--from)(.*)", DOCKERFILE, re.MULTILINE)
    copied = [source for line in lines for source in line.split()[:-1]]
    sent = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == sent
    assert [source for source in copied if not (ROOT / source).exists()] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_units_do_what_containers_do(unit: Path) -> None:
    name = unit.stem.rpartition("-")[2]
    service = read_unit(unit)["Service"]
    (command,) = service["ExecStart"]
    ours = [word.replace("0.0.0.0", "127.0.0.1") for word in OURS[name]["command"]]
    theirs = command.removeprefix("/opt/export-pipeline/.venv/bin/").replace("=localhost", "=127.0.0.1").split()
    assert theirs == ours
    assert service["Restart"] == ["always"]
    assert service["User"] == ["export-pipeline"]
    assert service["MemoryMax"][0].lower() == str(OURS[name]["mem_limit"])
    has_settings = "/etc/export-pipeline/settings.env" in service["EnvironmentFile"]
    assert has_settings is (OURS[name].get("env_file") == "settings.env")
