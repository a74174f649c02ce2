"""Dagster's storage may be set in `.env` or YAML, for our commands; Dagster's own read `.env` by themselves.

The storage's password here has every odd character.
"""

import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql as pgsql

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline_tests.cli.terminal import BARE, PROGRAM
from export_pipeline_tests.project.services import ROOT

ODD = "p@ss:w/ord%#é 'x\"\\"


@pytest.fixture
def storage_url(server: EmbeddedServer) -> Iterator[str]:
    """Give the URL of an empty database of its own account."""
    name = f"dagster_{secrets.token_hex(6)}"
    identifier = pgsql.Identifier(name)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(pgsql.SQL("create role {} login password {}").format(identifier, pgsql.Literal(ODD)))
        connection.execute(pgsql.SQL("create database {} owner {}").format(identifier, identifier))
        yield f"postgresql+psycopg2://{name}:{quote(ODD, safe='')}@127.0.0.1:{server.port}/{name}"
        connection.execute(pgsql.SQL("drop database {} with (force)").format(identifier))
        connection.execute(pgsql.SQL("drop role {}").format(identifier))


@pytest.fixture
def dagster_home(tmp_path: Path) -> Path:
    """Give a DAGSTER_HOME with the project's dagster.yaml."""
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(ROOT / "dagster.yaml", home)
    return home


def in_folder(folder: Path, *command: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=folder, env=BARE | environ, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("where", [".env", "yaml"])
def test_health_reads_the_storage_that_a_file_names(
    where: str, storage_url: str, source_url: str, dagster_home: Path, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"EXPORT_SOURCE_URL={source_url}\n", encoding="utf-8")
    if where == ".env":
        with (tmp_path / ".env").open("a", encoding="utf-8") as file:
            file.write(f"EXPORT_STORAGE_URL={storage_url}\n")
    else:
        (tmp_path / "c.yaml").write_text(f"storage_url: '{storage_url}'\n", encoding="utf-8")
    named = {"EXPORT_CONFIG": "c.yaml"} if where == "yaml" else {}
    done = in_folder(tmp_path, PROGRAM, "health", "--json", DAGSTER_HOME=str(dagster_home), **named)
    found = {one["subject"]: one["state"] for one in json.loads(done.stdout)}
    assert found["storage database"] == found["source"] == "ok", done.stdout + done.stderr
    assert "code location" not in done.stderr


def test_a_command_of_dagsters_reads_both_from_env_by_itself(
    storage_url: str, dagster_home: Path, tmp_path: Path
) -> None:
    lines = f"DAGSTER_HOME={dagster_home}\nEXPORT_STORAGE_URL={storage_url}\n"
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    there, elsewhere = (
        in_folder(folder, str(Path(PROGRAM).with_name("dagster")), "run", "list") for folder in (tmp_path, dagster_home)
    )
    assert there.returncode == 0, there.stderr
    assert elsewhere.returncode != 0
