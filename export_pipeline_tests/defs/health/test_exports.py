"""How a dataset's exports go, after real runs."""

from datetime import UTC, datetime, timedelta

import pytest

from export_pipeline.defs.health.exports import failed_partitions, last_success
from export_pipeline.preflight.finding import State
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project


def test_nothing_published_yet_is_no_failure(project: Project) -> None:
    logs = project.settings.dataset("logs")
    late = last_success(project.instance, logs, project.settings, datetime.now(UTC)).finding
    assert (late.state, late.found) == (State.WARNING, "nothing was published yet")
    failed = failed_partitions(project.instance, logs, project.settings)
    assert failed.finding.state is State.OK
    assert failed.figures == {"logs_failed_partitions": 0}


@pytest.mark.parametrize(
    ("age", "state", "said"),
    [
        (timedelta(hours=29), State.OK, "1 day"),
        (timedelta(hours=31), State.WARNING, "1 day"),
        (timedelta(hours=55), State.FAILED, "2 days"),
    ],
)
def test_the_freshness_policy_judges_the_last_success(
    project: Project, days: list[str], age: timedelta, state: State, said: str
) -> None:
    assert project.run(partition=days[0], assets=["logs"]).success
    logs, now = project.settings.dataset("logs"), datetime.now(UTC) + age
    reading = last_success(project.instance, logs, project.settings, now)
    assert reading.finding.state is state
    assert reading.finding.found == f"{days[0]} was published {said} ago"
    assert reading.figures["logs_last_success_s"] >= age.total_seconds()


def test_failed_partitions_are_counted_until_they_are_published(project: Project, sql: RunSql, days: list[str]) -> None:
    logs = project.settings.dataset("logs")
    source = project.settings.source.conninfo
    sql(source, f"update log_entries set pushed_at = 'infinity' where timestamp::date = '{days[1]}'")
    assert not project.run(span=(days[0], days[2]), assets=["logs"]).success
    reading = failed_partitions(project.instance, logs, project.settings)
    assert reading.finding.state is State.FAILED
    assert reading.finding.found.startswith(f"1 partition, the newest {days[1]}: ")
    assert "'pushed_at' holds infinity" in reading.finding.found
    assert reading.figures == {"logs_failed_partitions": 1}
    sql(source, "update log_entries set pushed_at = null")
    assert project.run(partition=days[1], assets=["logs"]).success
    assert failed_partitions(project.instance, logs, project.settings).finding.state is State.OK
