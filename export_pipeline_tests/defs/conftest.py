"""A real Dagster instance for each test: the project's dagster.yaml over its own copy of a storage database."""

import secrets
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from dagster import DagsterInstance
from psycopg import sql as pgsql

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import LAST_DAY, SIZE
from export_pipeline_tests.defs.project import Project

_STORAGE = "template_dagster"
_DAGSTER_YAML = Path(__file__).parents[2] / "dagster.yaml"


@pytest.fixture(scope="session")
def storage_template(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name a database that holds Dagster's empty tables: making them takes seconds, copying them does not."""
    server.create_database(_STORAGE)
    with pytest.MonkeyPatch.context() as environ:
        _point(environ, tmp_path_factory.mktemp("dagster"), server, _STORAGE)
        with DagsterInstance.get() as instance:
            assert instance.get_runs_count() == 0
    return _STORAGE


@pytest.fixture
def storage_url(server: EmbeddedServer, storage_template: str) -> Iterator[str]:
    """Give a fresh storage database with Dagster's tables."""
    name = pgsql.Identifier(f"dagster_{secrets.token_hex(6)}")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        template = pgsql.Identifier(storage_template)
        connection.execute(pgsql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
        yield server.url(name.as_string(None).strip('"'))
        connection.execute(pgsql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def instance(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: EmbeddedServer, storage_url: str
) -> Iterator[DagsterInstance]:
    """Give a Dagster instance without a single run."""
    _point(monkeypatch, tmp_path / "dagster", server, storage_url.rsplit("/", 1)[1])
    with DagsterInstance.get() as opened:
        yield opened


@pytest.fixture
def settings(source_url: str, tmp_path: Path) -> Settings:
    """Give settings for the filled source, whose three days are the first partitions."""
    return Settings.load(
        source_url=source_url,
        root=str(tmp_path / "exports"),
        first_partition=LAST_DAY - timedelta(days=SIZE.days - 1),
    )


@pytest.fixture
def days() -> list[str]:
    """Give the keys of the sample's days, oldest first."""
    first = LAST_DAY - timedelta(days=SIZE.days - 1)
    return [date.isoformat(first + timedelta(days=day)) for day in range(SIZE.days)]


@pytest.fixture
def project(settings: Settings, instance: DagsterInstance) -> Project:
    """Give the project over the filled source."""
    return Project(settings, instance)


def _point(environ: pytest.MonkeyPatch, home: Path, server: EmbeddedServer, storage: str) -> None:
    """Make `home` the DAGSTER_HOME, with its storage in the database `storage`."""
    home.mkdir(exist_ok=True)
    shutil.copy(_DAGSTER_YAML, home)
    environ.setenv("DAGSTER_HOME", str(home))
    environ.setenv("EXPORT_STORAGE_URL", server.url(storage, driver="postgresql+psycopg2"))
