"""docs/operations.md: its commands do what it says, on a real storage database with real runs in it."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterEventType, DagsterInstance

from export_pipeline.changes.pending import compare
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import LAST_DAY, RunSql
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.project.commands import blocks, environment, run_block
from export_pipeline_tests.project.conftest import MakeMachine
from export_pipeline_tests.project.services import Machine

DAY = LAST_DAY.isoformat()
RUN_IN = {"backup", "health", "migrate", "pools", "probe", "prune", "queue", "restore"}
OLD_S = 91 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Used:
    """A machine with one partition exported on it, by the run `run_id`."""

    machine: Machine
    project: Project
    run_id: str

    @property
    def storage(self) -> str:
        return plain(self.machine.variables["EXPORT_STORAGE_URL"])


@pytest.fixture
def used(make_machine: MakeMachine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Used]:
    machine = make_machine()
    for name, value in machine.variables.items():
        if name != "CODE_SERVER_HOST":
            monkeypatch.setenv(name, value)
    with DagsterInstance.get() as instance:
        project = Project(Settings.load(), instance)
        result = project.run("ips", partition=DAY)
        assert result.success
        yield Used(machine, project, result.run_id)


def plain(url: str) -> str:
    return url.replace("+psycopg2", "")


def test_every_block_is_run() -> None:
    assert set(blocks("operations")) == RUN_IN


def test_what_is_backed_up_can_be_restored(
    used: Used, server: EmbeddedServer, sql: RunSql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"restored_{secrets.token_hex(6)}"
    server.create_database(name)
    root, home = tmp_path / "exports", tmp_path / "dagster"
    environ = environment(
        used.machine, RESTORED_DATABASE=server.url(name), RESTORED_ROOT=str(root), RESTORED_HOME=str(home)
    )
    run_block("backup", tmp_path, environ)
    run_block("restore", tmp_path, environ)
    for table in ("runs", "event_logs", "asset_keys"):
        count = f"select count(*), max(id) from {table}"
        assert sql(server.url(name), count) == sql(used.storage, count)
    assert _files(root) == _files(used.machine.folder / "exports")
    assert (home / "storage" / used.run_id).is_dir()
    monkeypatch.setenv("EXPORT_ROOT", str(root))
    settings = Settings.load()
    partitioning = settings.partitioning_of("ips")
    keys = partitioning.keys(datetime.combine(LAST_DAY, time.max, UTC))
    found = compare(
        settings.source, settings.dataset("ips"), partitioning, keys, settings.published_of("ips"), bounded=True
    )
    assert not found.pending
    sql(server.url("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def _files(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and path.relative_to(root).parts[0] != "_staging")
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_a_migration_brings_the_tables_up_to_date(used: Used, sql: RunSql) -> None:
    (newest,) = sql(used.storage, "select version_num from alembic_version")
    sql(used.storage, "drop table concurrency_limits")
    sql(used.storage, "update alembic_version set version_num = 'ec80dd91891a'")
    done = run_block("migrate", used.machine.folder, environment(used.machine))
    assert "Running migration" in done.stdout
    assert sql(used.storage, "select version_num from alembic_version") == [newest]
    assert sql(used.storage, "select using_default_limit from concurrency_limits") == []


def test_pruning_takes_old_logs_and_leaves_every_run_and_materialization(used: Used, sql: RunSql) -> None:
    recent = used.project.run("ips", partition=DAY)
    old_folder = used.machine.folder / "dagster" / "storage" / used.run_id
    assert old_folder.is_dir()
    os.utime(old_folder, times=(datetime.now(UTC).timestamp() - OLD_S,) * 2)
    age = "update runs set update_timestamp = update_timestamp - interval '91 days' where run_id = %s"
    sql(used.storage, age, [used.run_id])
    before = _events(used, recent.run_id)
    run_block("prune", used.machine.folder, environment(used.machine))
    instance = used.project.instance
    assert {run.run_id for run in instance.get_runs()} == {used.run_id, recent.run_id}
    assert _events(used, recent.run_id) == before
    left = _events(used, used.run_id)
    assert {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.RUN_SUCCESS} <= set(left)
    assert not any(kind is None or kind.value.startswith(("STEP", "ENGINE", "HANDLED")) for kind in left)
    assert instance.get_latest_materialization_event(AssetKey("ips")) is not None
    assert not old_folder.exists()
    assert (old_folder.parent / recent.run_id).is_dir()


def _events(used: Used, run_id: str) -> list[DagsterEventType | None]:
    logs = used.project.instance.all_logs(run_id)
    return [entry.dagster_event.event_type if entry.dagster_event else None for entry in logs]


def test_a_pool_gets_a_limit_of_its_own(used: Used) -> None:
    done = run_block("pools", used.machine.folder, environment(used.machine))
    assert '"source_db": 0 / 3 slots occupied' in done.stdout


def test_the_queue_is_listed_by_status(used: Used, sql: RunSql) -> None:
    sql(used.storage, "update runs set status = 'QUEUED'")
    done = run_block("queue", used.machine.folder, environment(used.machine))
    assert "QUEUED |     1 |" in done.stdout
