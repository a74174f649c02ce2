"""Progress of real runs in their event log: lines, observations of the partition, a last line; forward only."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from dagster import AssetObservation, DagsterEventType, ExecuteInProcessResult

from export_pipeline.defs import progress_log
from export_pipeline.defs import retries as retry_policy
from export_pipeline.extract.source import APPLICATION_NAME
from export_pipeline.progress import Cadence, Progress
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project, failures, figures, retries

BATCHES_OF_100 = {"batch_rows": 100}
OTHERS = f"pid <> pg_backend_pid() and datname = current_database() and application_name = '{APPLICATION_NAME}'"


@pytest.fixture
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every export for one that lasts: a line for each batch."""
    monkeypatch.setattr(progress_log, "Cadence", partial(Cadence, 0.0))


def logged(project: Project, result: ExecuteInProcessResult, pattern: str) -> list[str]:
    lines = [entry.user_message for entry in project.instance.all_logs(result.run_id)]
    return [line for line in lines if re.search(pattern, line)]


def observations(project: Project, result: ExecuteInProcessResult) -> list[AssetObservation]:
    entries = project.instance.all_logs(result.run_id, of_type=DagsterEventType.ASSET_OBSERVATION)
    return [entry.get_dagster_event().asset_observation_data.asset_observation for entry in entries]


def at_first(act: Callable[[], object]) -> Callable[[Progress], None]:
    """Return a watcher that acts when the first batch is written."""
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 1:
            act()

    return watch


def test_a_small_partition_has_one_line_and_no_observation(project: Project, days: list[str]) -> None:
    result = project.run(partition=days[0], assets=["logs"], config=BATCHES_OF_100)
    manifest = project.manifests()[f"date={days[0]}"]
    (line,) = logged(project, result, "rows/s")
    assert line.startswith(
        f"logs date={days[0]} parquet: published {manifest.row_count:,} rows "
        f"({manifest.invalid_count:,} invalid, 0 quarantined), {manifest.bytes:,} bytes in "
    )
    assert observations(project, result) == []


@pytest.mark.usefixtures("_unhurried")
def test_a_longer_one_has_lines_and_an_observation_at_each_tenth(project: Project, days: list[str]) -> None:
    result = project.run(partition=days[0], config={"batch_rows": 10})
    rows = project.manifests()[f"date={days[0]}"].row_count
    lines = logged(project, result, f"logs date={days[0]} parquet: batch")
    assert len(lines) == -(-rows // 10)
    assert f"{rows:,} of {rows:,} rows (100%)" in lines[-1]
    by_asset = {"logs": 10, "logs_csv": 1, "logs_json": 1}  # Parquet is read in batches of its own
    seen = observations(project, result)
    assert {asset: [one.asset_key.path for one in seen].count([asset]) for asset in by_asset} == by_asset
    assert {one.partition for one in seen} == {days[0]}
    shares = [figures(one)["share"] for one in seen[:10]]
    assert [int(share * 10) for share in shares] == list(range(1, 11))
    assert figures(seen[9]).items() >= {"rows": rows, "total_rows": rows, "share": 1.0, "eta_s": 0.0}.items()


@pytest.mark.usefixtures("_unhurried")
def test_rows_that_come_while_it_reads_change_no_total(project: Project, sql: RunSql, days: list[str]) -> None:
    source = project.settings.source.conninfo
    sql(source, "alter table log_entries rename to former")
    sql(source, "create table log_entries (like former including all) with (autovacuum_enabled = false)")
    sql(source, "insert into log_entries select * from former")
    ((total,),) = sql(source, f"select count(*) from log_entries where timestamp::date = '{days[0]}'")
    more = (
        "insert into log_entries (id, timestamp, message)"
        f" select 1000000 + n, '{days[0]} 12:00', 'late' from generate_series(1, 5000) n"
    )
    watched = replace(project, on_progress=at_first(lambda: sql(source, more)))
    result = watched.run(partition=days[0], assets=["logs"], config=BATCHES_OF_100)
    assert sql(source, "select reltuples from pg_class where relname = 'log_entries'") == [(-1,)]
    figures_shown = [
        tuple(int(figure.replace(",", "")) for figure in found)
        for line in logged(project, result, "batch")
        for found in re.findall(r"([\d,]+) of ([\d,]+) rows", line)
    ]
    assert {of for _, of in figures_shown} == {total}
    assert all(before < after for (before, _), (after, _) in pairwise(figures_shown))
    assert figures_shown[-1] == (total, total)


@pytest.mark.usefixtures("_unhurried")
def test_rows_set_aside_count_as_done(project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, "update log_entries set log_level = 'odd' where id % 2 = 0")
    config = {**BATCHES_OF_100, "on_invalid": "quarantine", "validation_level": "strict"}
    result = project.run(partition=days[0], assets=["logs"], config=config)
    manifest = project.manifests()[f"date={days[0]}"]
    assert manifest.quarantined_count > 300
    shares = [int(share) for line in logged(project, result, "batch") for share in re.findall(r"\((\d+)%\)", line)]
    assert shares == sorted(shares)
    assert shares[-1] == 100


@pytest.mark.usefixtures("_unhurried")
def test_another_attempt_begins_anew_and_says_so(
    project: Project, sql: RunSql, days: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "FIRST_DELAY_S", 0.01)
    source = project.settings.source.conninfo
    sql(source, "update log_entries set raw_message = repeat('x', 100000)")  # more than the sockets hold
    cut = f"select pg_terminate_backend(pid) from pg_stat_activity where {OTHERS}"
    watched = replace(project, on_progress=at_first(lambda: sql(source, cut)))
    result = watched.run(partition=days[0], assets=["logs"], config=BATCHES_OF_100)
    assert (failures(result), retries(result)) == ({}, 1)
    assert logged(project, result, "begins again") == [f"{days[0]}: attempt 2 begins again at the first row"]
    attempts = [figures(one)["attempt"] for one in observations(project, result)]
    assert sorted(set(attempts)) == [1, 2]
    assert attempts == sorted(attempts)
    assert attempts.count(2) <= 10
