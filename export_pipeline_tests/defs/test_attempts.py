"""What the run storage says of a partition: counted under one configuration, since it was published."""

from datetime import UTC, datetime, timedelta

from dagster import DagsterRunStatus

from export_pipeline.defs.attempts import CONFIGURATION_TAG, REMEMBERED, failures
from export_pipeline.defs.partitions import PARTITION_TAG
from export_pipeline_tests.defs.project import Project

OURS = "configured so"


def add(project: Project, day: str, status: DagsterRunStatus, configuration: str = OURS) -> None:
    tags = {PARTITION_TAG: day, CONFIGURATION_TAG: configuration}
    job = project.definitions.resolve_job_def("logs_job")
    run = project.instance.create_run_for_job(job_def=job, status=DagsterRunStatus.STARTED, tags=tags)
    if status is DagsterRunStatus.CANCELED:
        project.instance.report_run_canceled(run)
    elif status is DagsterRunStatus.FAILURE:
        project.instance.report_run_failed(run)


def counts(project: Project, published_at: dict[str, datetime], now: datetime | None = None) -> dict[str, int]:
    found = failures(project.instance, OURS, published_at, now or datetime.now(UTC))
    return {day: failed.count for day, failed in found.items()}


def test_failed_and_cancelled_runs_of_this_configuration_count(project: Project, days: list[str]) -> None:
    before = datetime.now(UTC)
    add(project, days[0], DagsterRunStatus.FAILURE)
    add(project, days[0], DagsterRunStatus.CANCELED)
    add(project, days[0], DagsterRunStatus.FAILURE, "configured otherwise")
    add(project, days[1], DagsterRunStatus.FAILURE)
    add(project, days[2], DagsterRunStatus.STARTED)
    assert counts(project, {}) == {days[0]: 2, days[1]: 1}
    last = failures(project.instance, OURS, {}, datetime.now(UTC))[days[0]].last
    assert before - timedelta(seconds=1) <= last <= datetime.now(UTC) + timedelta(seconds=1)


def test_what_was_published_since_is_forgiven(project: Project, days: list[str]) -> None:
    add(project, days[0], DagsterRunStatus.FAILURE)
    add(project, days[1], DagsterRunStatus.FAILURE)
    now = datetime.now(UTC)
    published_at = {days[0]: now + timedelta(seconds=1), days[1]: now - timedelta(hours=1)}
    assert counts(project, published_at) == {days[1]: 1}


def test_what_failed_long_ago_is_forgotten(project: Project, days: list[str]) -> None:
    add(project, days[0], DagsterRunStatus.FAILURE)
    later = datetime.now(UTC) + REMEMBERED
    assert counts(project, {}, later - timedelta(minutes=1)) == {days[0]: 1}
    assert counts(project, {}, later + timedelta(minutes=1)) == {}
