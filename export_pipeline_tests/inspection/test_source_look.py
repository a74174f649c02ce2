"""One look at a real source: every partition's rows, and how many of them are old."""

from pathlib import Path

import pytest

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import SourceAccessError, SourceUnavailableError
from export_pipeline.extract.source import Source
from export_pipeline.inspection.source_look import SourceCount, SourceLook, look_at_source
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAY, DAYS, PARTITIONING, Exporter

LOGS = DATASETS["logs"]


def test_each_partition_has_its_own_horizon(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    before = Exporter(source_url, tmp_path).run().manifest.snapshot.xmin
    sql(source_url, f"update log_entries set push_attempts = 1 where timestamp::date = '{DAY}' and id % 2 = 0")
    counted: dict[str, int] = dict(
        sql(source_url, "select timestamp::date::text, count(*) from log_entries group by 1")
    )
    query = f"select count(*) from log_entries where timestamp::date = '{DAY}' and id % 2 = 1"
    ((untouched,),) = sql(source_url, query)
    ((log_entries,),) = sql(source_url, "select 'log_entries'::regclass::oid")
    seen = look(source_url, dict.fromkeys(DAYS, before) | {DAYS[1]: 0}).counts
    table = seen[DAYS[0]].old_relations
    assert list(table) == [str(log_entries)]
    assert seen[DAYS[0]] == SourceCount(counted[DAYS[0]], counted[DAYS[0]], None, table)
    assert seen[DAYS[1]] == SourceCount(counted[DAYS[1]], 0)
    assert seen[DAY] == SourceCount(counted[DAY], untouched, None, table)
    assert seen[DAY].written_since == counted[DAY] - untouched


def test_rows_outside_the_partitions_are_nobodys(source_url: str, sql: RunSql) -> None:
    all_of_it = look(source_url, dict.fromkeys(DAYS, 0)).counts
    assert look(source_url, {DAYS[1]: 0}).counts == {DAYS[1]: all_of_it[DAYS[1]]}


def test_a_partition_without_rows_counts_none(source_url: str) -> None:
    assert look(source_url, {"2026-11-21": 0}).counts == {"2026-11-21": SourceCount(0, 0)}


def test_a_view_shows_no_transactions(source_url: str, sql: RunSql) -> None:
    sql(source_url, "alter table log_entries rename to hidden; create view log_entries as select * from hidden")
    assert look(source_url, {DAY: 0}).counts[DAY].before_horizon is None


def test_the_table_is_compared_with_its_declaration(source_url: str, sql: RunSql) -> None:
    assert look(source_url, {DAY: 0}).differences == ()
    sql(source_url, "alter table log_entries drop column last_push_error, add column extra int")
    changed = look(source_url, {DAY: 0})
    assert changed.differences == ("column 'last_push_error' (text) is missing",)
    assert changed.undeclared == ("extra",)
    assert DAY in changed.counts


def test_without_its_time_column_nothing_is_counted(source_url: str, sql: RunSql) -> None:
    sql(source_url, "alter table log_entries rename timestamp to logged_at")
    blind = look(source_url, {DAY: 0})
    assert blind.counts == {}
    assert "column 'timestamp' (timestamp) is missing" in blind.differences


def test_a_source_that_is_away_is_an_error(source_url: str, sql: RunSql) -> None:
    with pytest.raises(SourceUnavailableError):
        look("postgresql://reader:s3cret@127.0.0.1:1/nowhere", {DAY: 0})
    sql(source_url, "drop table log_entries cascade")
    with pytest.raises(SourceAccessError, match="log_entries"):
        look(source_url, {DAY: 0})


def look(url: str, horizons: dict[str, int]) -> SourceLook:
    return look_at_source(Source(url), LOGS, PARTITIONING, horizons)
