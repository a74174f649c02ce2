"""A machine to deploy on: a folder, a DAGSTER_HOME, a source with rows and an empty storage database."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline_tests.conftest import LAST_DAY, RunSql
from export_pipeline_tests.defs.conftest import instance, storage_template, storage_url
from export_pipeline_tests.project.services import ROOT, Machine

__all__ = ["instance", "storage_template", "storage_url"]  # fixtures

MakeMachine = Callable[[], Machine]


@pytest.fixture(scope="module")
def make_machine(
    server: EmbeddedServer, source_dirt: object, sql: RunSql, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeMachine]:
    """Give a function that makes one; its databases are dropped at the end."""
    databases: list[str] = []

    def make() -> Machine:
        token = secrets.token_hex(6)
        databases.extend([f"source_{token}", f"storage_{token}"])
        sql(server.url("postgres"), f"CREATE DATABASE source_{token} TEMPLATE template_filled")
        server.create_database(f"storage_{token}")
        folder = tmp_path_factory.mktemp("machine")
        for name in ("dagster", "exports"):
            (folder / name).mkdir()
        shutil.copy(ROOT / "dagster.yaml", folder / "dagster")
        return Machine(folder, _variables(server, token, folder))

    yield make
    for name in databases:
        sql(server.url("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def _variables(server: EmbeddedServer, token: str, folder: Path) -> dict[str, str]:
    return {
        "DAGSTER_HOME": str(folder / "dagster"),
        "EXPORT_FIRST_PARTITION": LAST_DAY.isoformat(),
        "EXPORT_ROOT": str(folder / "exports"),
        "EXPORT_SOURCE_URL": server.url(f"source_{token}"),
        "EXPORT_STORAGE_URL": server.url(f"storage_{token}", driver="postgresql+psycopg2"),
        "CODE_SERVER_HOST": "localhost",
    }
