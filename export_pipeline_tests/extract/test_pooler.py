"""Through PgBouncer: an export works in session and in transaction mode, and is refused in statement mode."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from export_pipeline.defs.health import places
from export_pipeline.embedded.account import choose_account
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.source import Source, Timeouts
from export_pipeline.preflight.finding import State
from export_pipeline.preflight.look import Look
from export_pipeline.preflight.server import check_server
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAY, Exporter
from export_pipeline_tests.processes import free_port

pytestmark = pytest.mark.system
CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server} user=postgres password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = 3
"""


@contextmanager
def pgbouncer(server: EmbeddedServer, url: str, mode: str) -> Iterator[str]:
    """Run PgBouncer before the database at `url`; give the URL to reach it by."""
    account, port = choose_account(), free_port()
    database = url.rpartition("/")[2]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        password = psycopg.conninfo.conninfo_to_dict(url)["password"]
        text = CONFIGURATION.format(server=server.port, password=password, port=port, folder=folder, mode=mode)
        for file, content in (("users", '"postgres" "x"\n'), ("pgbouncer.ini", text)):
            (folder / file).write_text(content, encoding="utf-8")
            if account:
                os.chown(folder / file, account.uid, account.gid)
        run = ["pgbouncer", "--quiet", str(folder / "pgbouncer.ini")]
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
        process = subprocess.Popen(run, stderr=subprocess.DEVNULL, **identity)  # type: ignore[call-overload] # see above
        try:
            pooled = f"postgresql://postgres@127.0.0.1:{port}/{database}"
            wait_until_up(pooled)
            yield pooled
        finally:
            process.terminate()
            process.wait()


def wait_until_up(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@contextmanager
def others_at_work(url: str) -> Iterator[None]:
    """Keep the pool's sessions changing hands."""
    stopping = threading.Event()

    def ask() -> None:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
            while not stopping.is_set():
                connection.execute("select 1")

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("mode", ["session", "transaction"])
@pytest.mark.parametrize("relation", ["table", "materialized view"])
def test_an_export_through_a_pool_is_whole_whoever_else_uses_it(
    server: EmbeddedServer, source_url: str, sql: RunSql, tmp_path: Path, mode: str, relation: str
) -> None:
    one = Exporter(source_url, tmp_path)
    if relation == "materialized view":  # which a second connection locks
        sql(source_url, "create materialized view seen as select * from log_entries")
        one = replace(one, dataset=replace(one.dataset, table=TableName("seen")))
    others = others_at_work if mode == "transaction" else nullcontext
    ((expected,),) = sql(source_url, f"select count(*) from log_entries where timestamp::date = '{DAY}'")
    with pgbouncer(server, source_url, mode) as pooled, others(pooled):
        for _ in range(5):
            assert replace(one, url=pooled).run().manifest.source_count == expected


def test_settings_of_an_export_do_not_stay_in_the_pools_sessions(
    server: EmbeddedServer, source_url: str, tmp_path: Path
) -> None:
    changed = "select name, setting from pg_settings where source = 'session' order by name"
    with (
        pgbouncer(server, source_url, "transaction") as pooled,
        psycopg.connect(pooled, autocommit=True) as connection,
    ):
        before = connection.execute(changed).fetchall()
        Exporter(pooled, tmp_path).run()
        assert connection.execute(changed).fetchall() == before


def test_statement_mode_is_refused_with_what_to_connect_to(
    server: EmbeddedServer, source_url: str, tmp_path: Path
) -> None:
    with (
        pgbouncer(server, source_url, "statement") as pooled,
        pytest.raises(ConfigError, match="connect to PostgreSQL itself, or to a pool in session or transaction mode"),
    ):
        Exporter(pooled, tmp_path).run()


def test_a_startup_parameter_that_the_pool_does_not_take_is_named(server: EmbeddedServer, source_url: str) -> None:
    with (
        pgbouncer(server, source_url, "transaction") as pooled,
        pytest.raises(ConfigError, match="unsupported startup parameter: options; leave it out of EXPORT_SOURCE_URL"),
    ):
        Source(f"{pooled}?options=-csearch_path%3Dpublic").connect()


def test_a_preflight_through_a_pool_sees_the_server(server: EmbeddedServer, source_url: str) -> None:
    with pgbouncer(server, source_url, "transaction") as pooled, others_at_work(pooled):
        for _ in range(20):
            found = {finding.subject: finding for finding in check_server(Look(Settings.load(source_url=pooled), ()))}
            assert found["source: version"].state is State.OK


def test_health_leaves_the_sessions_of_a_pool_as_they_are(server: EmbeddedServer, source_url: str) -> None:
    with pgbouncer(server, source_url, "transaction") as pooled:
        for _ in range(3):
            places.source(Source(pooled, Timeouts(statement_s=5)))
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as other:
            assert other.execute("show statement_timeout").fetchall() == [("0",)]
