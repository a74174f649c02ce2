"""Connections to Dagster's storage are used again, for a while."""

from typing import Any

import psycopg2  # type: ignore[import-untyped] # Dagster's driver, not ours
import pytest
from dagster import DagsterInstance

from export_pipeline.defs.storage_connections import keep_connections
from export_pipeline_tests.conftest import RunSql


def test_statements_share_a_connection(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = count_connections(monkeypatch)
    ask(instance, 20)
    assert len(opened) == 20
    keep_connections(instance)
    ask(instance, 20)
    assert len(opened) < 30


def test_a_second_call_keeps_what_is_open(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = count_connections(monkeypatch)
    for _ in range(20):
        keep_connections(instance)
        ask(instance, 1)
    assert len(opened) < 10


def test_a_connection_that_a_restart_of_the_server_has_cut_is_replaced(instance: DagsterInstance, sql: RunSql) -> None:
    keep_connections(instance)
    ask(instance, 1)
    url = instance.run_storage.postgres_url.replace("+psycopg2", "")  # type: ignore[attr-defined] # it is PostgreSQL's
    others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
    assert (True,) in sql(url, f"{others} and pid <> pg_backend_pid()")
    ask(instance, 1)


def ask(instance: DagsterInstance, times: int) -> None:
    for _ in range(times):
        assert instance.get_runs_count() == 0


def count_connections(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list that grows by one with every connection that Dagster opens."""
    opened: list[None] = []
    connect = psycopg2.connect

    def counted(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the driver's
        opened.append(None)
        return connect(*arguments, **options)

    monkeypatch.setattr(psycopg2, "connect", counted)
    return opened
