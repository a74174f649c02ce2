"""What every test may use: one real PostgreSQL for the session, and fresh source databases on it in 30 ms.

`empty_source_url` and `source_url` are copies of a template, so a test may change, lock or break them at
will.
"""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql as pgsql

from export_pipeline.embedded.sample import DirtCounts, SampleSize, create_tables, fill
from export_pipeline.embedded.server import EmbeddedServer, start_or_join
from export_pipeline_tests.object_store import Bucket, ObjectStore, run_object_store
from export_pipeline_tests.servers import Cluster, debian_binaries, new_cluster

# On a busy machine one example may take long; what a test may take is pytest-timeout's business.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

LAST_DAY = date(2026, 11, 20)
SIZE = SampleSize(logs=2_000, anomalies=100, addresses=60, devices=12, days=3)

_EMPTY, _FILLED = "template_empty", "template_filled"

RunSql = Callable[..., list[tuple[Any, ...]]]  # Any: whatever the column holds
MakeHome = Callable[[], Path]


@pytest.fixture(scope="session")
def make_home() -> Iterator[MakeHome]:
    """Give paths for home folders that an account without rights can reach; all are deleted at the end."""
    homes: list[Path] = []

    def make() -> Path:
        homes.append(Path(tempfile.gettempdir(), f"export-pipeline-test-{secrets.token_hex(6)}"))
        return homes[-1]

    yield make
    for home in homes:
        remove_home(home)


def remove_home(home: Path) -> None:
    """Delete a home folder, and its data where that lies elsewhere."""
    pointer = home / "data.location"
    if pointer.exists():
        shutil.rmtree(Path(pointer.read_text(encoding="utf-8")).parent)
    if home.exists():
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def server(make_home: MakeHome) -> Iterator[EmbeddedServer]:
    """Run one private PostgreSQL for all tests, without waiting for the disk."""
    settings = {"fsync": "off", "full_page_writes": "off", "max_prepared_transactions": "10"}
    with start_or_join(make_home(), settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """Run one S3-compatible server for all tests of this process."""
    with run_object_store(Path(tempfile.gettempdir(), f"export-pipeline-s3-{secrets.token_hex(6)}")) as running:
        yield running


@pytest.fixture
def bucket(object_store: ObjectStore, tmp_path: Path) -> Iterator[Bucket]:
    """Give a fresh bucket, with a spool folder of the test's own."""
    with object_store.fresh_bucket(tmp_path / "spool") as fresh:
        yield fresh


@pytest.fixture(scope="session")
def empty_template(server: EmbeddedServer) -> str:
    """Name a database that holds the source tables without rows."""
    server.create_database(_EMPTY)
    create_tables(server.url(_EMPTY))
    return _EMPTY


@pytest.fixture(scope="session")
def source_dirt(server: EmbeddedServer, empty_template: str) -> DirtCounts:
    """Fill the template of `source_url`; give how many dirty rows of each kind it holds."""
    _copy_database(server, empty_template, _FILLED)
    return fill(server.url(_FILLED), SIZE, LAST_DAY)


@pytest.fixture
def empty_source_url(server: EmbeddedServer, empty_template: str) -> Iterator[str]:
    """Give a fresh database with the empty source tables."""
    with _lend_database(server, empty_template) as url:
        yield url


@pytest.fixture
def source_url(server: EmbeddedServer, source_dirt: DirtCounts) -> Iterator[str]:
    """Give a fresh database with 2,000 logs, 100 anomalies, 60 addresses, 3 days ending 2026-11-20."""
    with _lend_database(server, _FILLED) as url:
        yield url


@pytest.fixture(scope="session")
def older_server() -> Iterator[Cluster]:
    """Run one server of the system's PostgreSQL, with a template that is filled like that of `source_url`."""
    with new_cluster(debian_binaries()) as cluster, cluster.running() as running:
        with psycopg.connect(running.url("postgres"), autocommit=True) as connection:
            connection.execute(pgsql.SQL("CREATE DATABASE {}").format(pgsql.Identifier(_FILLED)))
        create_tables(running.url(_FILLED))
        fill(running.url(_FILLED), SIZE, LAST_DAY)
        yield running


@pytest.fixture
def older_source_url(older_server: Cluster) -> Iterator[str]:
    """Give a fresh database with the rows of `source_url` on a server of an older major version."""
    with _lend_database(older_server, _FILLED) as url:
        yield url


@pytest.fixture(params=["embedded", pytest.param("older", marks=pytest.mark.system)])
def any_source_url(request: pytest.FixtureRequest) -> str:
    """Give `source_url`, and `older_source_url` where the tests of the system's programs run."""
    url: str = request.getfixturevalue("source_url" if request.param == "embedded" else "older_source_url")
    return url


@pytest.fixture(scope="session")
def sql() -> RunSql:
    """Give `sql(url, statement, parameters=())`: run it, commit, return the rows if there are any."""

    def run(url: str, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            # bytes: the tests' own statements, which need not be literal strings
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    return run


@contextmanager
def _lend_database(server: EmbeddedServer | Cluster, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    _copy_database(server, template, name)
    yield server.url(name)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(pgsql.SQL("DROP DATABASE {} WITH (FORCE)").format(pgsql.Identifier(name)))


def _copy_database(server: EmbeddedServer | Cluster, template: str, name: str) -> None:
    """Copy by the write-ahead log: 25 ms for the filled template; by FILE_COPY it is 30."""
    statement = pgsql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement.format(pgsql.Identifier(name), pgsql.Identifier(template)))
