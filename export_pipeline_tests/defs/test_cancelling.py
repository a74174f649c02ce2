"""Cancelling a run while it reads: the query ends on the server, what was published stays, the rest leaves nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterRunStatus
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from export_pipeline.defs.backfill_watch import BACKFILL_TAG
from export_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.code_server import CodeServer, serving
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.flows.running import files_below, unfinished
from export_pipeline_tests.processes import wait_until

SLOWLY = """
create function slowly(said text) returns text language plpgsql stable as $$
begin perform pg_sleep(0.05); return said; end $$
"""
SLOW_VIEW = """
create view slow_entries as
select id, device_id, device_ip, "timestamp", log_level, process_name,
    case when "timestamp" >= '{day}' then slowly(message) else message end as message, raw_message, structured_data,
    pushed_to_ai, pushed_at, push_attempts, last_push_error
from log_entries
"""
READING = "select pid from pg_stat_activity where application_name = 'export_pipeline' and state = 'active'"
COPYING = f"{READING} and query like '%slow_entries%' and query ilike 'copy%'"


@pytest.fixture(name="slow_server")
def _slow_server(project: Project, sql: RunSql, days: list[str]) -> Iterator[CodeServer]:
    """Serve a project whose logs are read slowly, a second for 20 rows, from the second day on."""
    url = project.settings.source.conninfo
    sql(url, SLOWLY)
    sql(url, SLOW_VIEW.format(day=days[1]))
    with serving(project, datasets__logs__table="slow_entries") as served:
        yield served


def test_a_cancelled_range_stops_reading_and_keeps_what_it_had_published(
    slow_server: CodeServer, project: Project, sql: RunSql, days: list[str]
) -> None:
    url = project.settings.source.conninfo
    run_id = slow_server.launch("logs_job", {RANGE_START_TAG: days[0], RANGE_END_TAG: days[2]})
    wait_until(lambda: sql(url, COPYING))
    wait_until(project.manifests)
    assert slow_server.instance.run_launcher.terminate(run_id)
    wait_until(lambda: not sql(url, READING), 10)
    assert slow_server.wait(run_id) is DagsterRunStatus.CANCELED
    assert set(project.manifests()) == {f"date={days[0]}"}
    assert unfinished(Path(project.settings.root)) == set()
    assert {Path(name).parts[0] for name in files_below(Path(project.settings.root))} == {"logs", "_manifests"}
    assert project.instance.get_materialized_partitions(AssetKey("logs")) == {days[0]}


def test_a_run_of_a_cancelled_backfill_stops_reading_without_waiting_for_the_daemon(
    slow_server: CodeServer, project: Project, sql: RunSql, days: list[str]
) -> None:
    url = project.settings.source.conninfo
    backfill = PartitionBackfill("regretted", BulkActionStatus.REQUESTED, False, {}, 1.0)  # noqa: FBT003 - a fresh one
    project.instance.add_backfill(backfill)
    tags = {RANGE_START_TAG: days[1], RANGE_END_TAG: days[2], BACKFILL_TAG: backfill.backfill_id}
    run_id = slow_server.launch("logs_job", tags)
    wait_until(lambda: sql(url, COPYING))
    project.instance.update_backfill(backfill._replace(status=BulkActionStatus.CANCELING))
    wait_until(lambda: not sql(url, READING), 10)
    assert slow_server.wait(run_id) is DagsterRunStatus.CANCELED
    assert project.manifests() == {}
    assert unfinished(Path(project.settings.root)) == set()
