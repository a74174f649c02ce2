"""The job `delete_exports` and its schedule."""

from datetime import UTC, datetime
from typing import Any

import pytest
from dagster import (
    DagsterInstance,
    DefaultScheduleStatus,
    ExecuteInProcessResult,
    RunRequest,
    SkipReason,
    build_schedule_context,
)

from export_pipeline.defs.exports.job import DELETE_JOB, REMOVALS, retention_schedule
from export_pipeline_tests.defs.exports.making import deleted_at, export_now, files_of
from export_pipeline_tests.defs.project import Project, failures


def delete(project: Project, **config: object) -> ExecuteInProcessResult:
    job = project.definitions.resolve_job_def(DELETE_JOB)
    return job.execute_in_process(instance=project.instance, run_config=config, raise_on_error=False)


def removed(result: ExecuteInProcessResult) -> list[str]:
    (event,) = [event for event in result.all_events if event.is_successful_output]
    found: Any = event.step_output_data.metadata[REMOVALS].value  # Any: it is JSON
    return [str(one["id"]) for one in found]


def test_the_job_deletes_by_id_and_by_age(project: Project) -> None:
    first, second, third = (export_now(project) for _ in range(3))
    assert removed(delete(project, ids=[first[:8]])) == [first]
    assert (files_of(project, first), bool(files_of(project, second))) == ([], True)
    assert removed(delete(project, older_than="1d")) == []
    assert set(removed(delete(project, older_than="0s", dry_run=True))) == {second, third}
    assert set(removed(delete(project, older_than="0s", ids=[second]))) == {second, third}
    assert all(deleted_at(project, export_id) for export_id in (first, second, third))


@pytest.mark.parametrize(
    ("config", "said"),
    [({}, "nothing to delete"), ({"ids": ["ffff0000"]}, "there is none"), ({"older_than": "soon"}, "no span of time")],
)
def test_a_wrong_config_fails_by_name_without_a_retry(project: Project, config: dict[str, object], said: str) -> None:
    result = delete(project, **config)
    assert not result.success
    assert said in failures(result)["delete"]
    assert not [event for event in result.all_events if event.is_step_up_for_retry]


def test_the_schedule_is_off_and_does_nothing_unless_days_are_set(project: Project, instance: DagsterInstance) -> None:
    schedule = retention_schedule(project.settings)
    assert schedule.default_status is DefaultScheduleStatus.STOPPED
    with build_schedule_context(instance, datetime(2026, 11, 21, tzinfo=UTC)) as context:
        assert isinstance(schedule(context), SkipReason)


def test_the_schedule_asks_for_a_run_that_deletes_what_is_older(project: Project, instance: DagsterInstance) -> None:
    kept = project.with_settings(retention_days=30)
    schedule = retention_schedule(kept.settings)
    assert schedule.default_status is DefaultScheduleStatus.RUNNING
    with build_schedule_context(instance, datetime(2026, 11, 21, tzinfo=UTC)) as context:
        asked = schedule(context)
    assert isinstance(asked, RunRequest)
    export_id = export_now(kept)
    assert removed(delete(kept, **asked.run_config)) == []
    assert files_of(kept, export_id)
