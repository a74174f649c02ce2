"""The standing check: red while a partition's last attempt has failed, with its error and a link to its run."""

from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    DagsterRunStatus,
    DefaultSensorStatus,
    SensorResult,
    build_sensor_context,
)

from export_pipeline.defs.jobs import LAST_ATTEMPTS
from export_pipeline.defs.last_attempts import judge, last_attempts_sensor
from export_pipeline.defs.partitions import PARTITION_TAG
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project

SPOIL = "update log_entries set pushed_at = 'infinity' where timestamp::date = '{day}'"
MEND = "update log_entries set pushed_at = null"


def spoil(project: Project, sql: RunSql, *days: str) -> None:
    for day in days:
        sql(project.settings.source.conninfo, SPOIL.format(day=day))


def table(project: Project) -> str:
    return str(judge(project.instance, "logs", project.settings).metadata["attempts"].value)


def test_without_a_failure_it_passes(project: Project, days: list[str]) -> None:
    assert judge(project.instance, "logs", project.settings).passed
    assert project.run(partition=days[0]).success
    assert judge(project.instance, "logs", project.settings).passed


def test_a_failed_partition_of_a_range_is_named_alone_until_it_is_published(
    project: Project, sql: RunSql, days: list[str]
) -> None:
    spoil(project, sql, days[1])
    failed = project.run(span=(days[0], days[2]), assets=["logs"])
    assert not failed.success
    found = judge(project.instance, "logs", project.settings)
    assert not found.passed
    assert found.description == f"the last attempt at {days[1]} failed"
    _, _, only = table(project).splitlines()
    assert f"| logs | {days[1]} |" in only
    assert "holds infinity" in only
    assert f"(/runs/{failed.run_id})" in only
    sql(project.settings.source.conninfo, MEND)
    assert project.run(partition=days[1]).success
    assert judge(project.instance, "logs", project.settings).passed


def test_every_format_counts_and_a_partition_counts_once(project: Project, sql: RunSql, days: list[str]) -> None:
    spoil(project, sql, days[0], days[1])
    for day in days[:2]:
        assert not project.run(partition=day).success
    found = judge(project.instance, "logs", project.settings)
    assert found.metadata["failed_partitions"].value == 2
    assert found.description == f"2 partitions' last attempt failed, the latest are {days[0]}, {days[1]}"
    assert {line.split(" | ")[0] for line in table(project).splitlines()[2:]} == {
        "| logs",
        "| logs\\_csv",
        "| logs\\_json",
    }


def test_a_run_that_crashed_says_what_ended_it(project: Project, days: list[str]) -> None:
    job = project.definitions.resolve_job_def("logs_job")
    run = project.instance.create_run_for_job(
        job_def=job, status=DagsterRunStatus.STARTED, tags={PARTITION_TAG: days[0]}
    )
    assert judge(project.instance, "logs", project.settings).passed
    project.instance.report_run_failed(run, "the host crashed")
    assert "the host crashed" in table(project)


def test_an_error_cannot_break_the_table(project: Project, days: list[str]) -> None:
    job = project.definitions.resolve_job_def("logs_job")
    run = project.instance.create_run_for_job(
        job_def=job, status=DagsterRunStatus.STARTED, tags={PARTITION_TAG: days[0]}
    )
    project.instance.report_run_failed(run, f"a | b [x](javascript:y) {'long ' * 200}\nsecond line")
    assert len(table(project).splitlines()) == 2 + 3
    assert "\\| b \\[x\\]" in table(project)
    assert "second line" not in table(project)
    assert len(table(project)) < 3 * 600


def test_the_sensor_stores_what_is_new(project: Project, sql: RunSql, days: list[str]) -> None:
    spoil(project, sql, days[0])
    assert not project.run(partition=days[0]).success
    first = evaluate(project, None)
    assert verdicts(first) == {"logs": False, "anomalies": True, "ips": True}
    for event in first.asset_events:
        project.instance.report_runless_asset_event(event)
    assert evaluate(project, first.cursor).asset_events == []
    sql(project.settings.source.conninfo, MEND)
    assert project.run(partition=days[0]).success
    later = evaluate(project, first.cursor)
    assert verdicts(later) == {"logs": True, "anomalies": True, "ips": True}
    assert "logs: no partition's last attempt failed" in str(later.skip_reason)


def test_it_is_no_part_of_a_datasets_job(project: Project, days: list[str]) -> None:
    result = project.run(partition=days[0])
    assert result.success
    assert LAST_ATTEMPTS not in {evaluation.check_name for evaluation in result.get_asset_check_evaluations()}


def test_a_run_from_the_assets_page_can_hold_it(project: Project, days: list[str]) -> None:
    job = project.definitions.resolve_job_def("__ASSET_JOB").get_subset(asset_selection={AssetKey("logs")})
    result = job.execute_in_process(instance=project.instance, partition_key=days[0])
    (evaluation,) = [one for one in result.get_asset_check_evaluations() if one.check_name == LAST_ATTEMPTS]
    assert evaluation.passed


def test_it_is_on_by_default(project: Project) -> None:
    assert last_attempts_sensor(project.settings).default_status is DefaultSensorStatus.RUNNING


def verdicts(found: SensorResult) -> dict[str, bool]:
    events = [event for event in found.asset_events if isinstance(event, AssetCheckEvaluation)]
    return {event.asset_key.path[-1]: event.passed for event in events}


def evaluate(project: Project, cursor: str | None) -> SensorResult:
    with build_sensor_context(instance=project.instance, cursor=cursor) as context:
        found = last_attempts_sensor(project.settings)(context)
    assert isinstance(found, SensorResult)
    return found
