"""The asset: figures to plot, the findings as a table, and a check that is red when anything is ✗."""

import time

from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    DagsterInstance,
    DefaultScheduleStatus,
    ExecuteInProcessResult,
)

from export_pipeline_tests.defs.health.beats import beat
from export_pipeline_tests.defs.project import Project


def look(project: Project) -> tuple[dict[str, object], AssetCheckEvaluation]:
    result: ExecuteInProcessResult = project.definitions.resolve_job_def("health_job").execute_in_process(
        instance=project.instance
    )
    assert result.success
    (record,) = result.asset_materializations_for_node("health")
    (check,) = result.get_asset_check_evaluations()
    return {name: entry.value for name, entry in record.metadata.items()}, check


def test_it_records_figures_to_plot_and_passes(project: Project, instance: DagsterInstance) -> None:
    beat(instance, time.time())
    assert project.run("ips", partition="2026-11-20").success
    figures, check = look(project)
    assert check.passed
    assert figures["failed_findings"] == 0
    assert figures["queued_runs"] == 0
    assert figures["runs_under_way"] == 1  # its own
    assert figures["ips_failed_partitions"] == 0
    for name in ("storage_bytes", "free_bytes", "daemon_heartbeat_s", "ips_last_success_s", "longest_run_s"):
        assert isinstance(figures[name], int | float)
    assert "| ✓ | ips freshness |" in str(figures["findings"])


def test_its_check_is_red_and_says_why(project: Project) -> None:
    figures, check = look(project)
    assert not check.passed
    assert check.description == "daemon: it has never run"
    assert figures["failed_findings"] == 1


def test_nothing_is_looked_at_until_the_schedule_is_switched_on(project: Project) -> None:
    schedule = project.definitions.get_repository_def().get_schedule_def("health")
    assert schedule.default_status is DefaultScheduleStatus.STOPPED
    node = project.definitions.resolve_asset_graph().get(AssetKey("health"))
    assert node.group_name == "operations"
    assert node.partitions_def is None
