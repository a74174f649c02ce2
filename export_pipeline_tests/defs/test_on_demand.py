"""The job `export` on a real instance: what a run publishes, its tags and metadata, and how it fails."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dagster import DagsterEventType, DagsterInvalidConfigError, DagsterRunStatus, ExecuteInProcessResult

from export_pipeline.defs import retries
from export_pipeline.defs.on_demand import JOB, Caller, on_demand_definitions, on_demand_job
from export_pipeline.defs.on_demand_config import request_schema
from export_pipeline.progress import Cadence, Progress
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.code_server import CodeServer, serving
from export_pipeline_tests.defs.project import Project, failures
from export_pipeline_tests.defs.project import retries as retries_of
from export_pipeline_tests.defs.test_cancelling import COPYING, READING, SLOW_VIEW, SLOWLY
from export_pipeline_tests.flows.running import files_below
from export_pipeline_tests.on_demand.exporting import DEAD
from export_pipeline_tests.processes import wait_until

if TYPE_CHECKING:
    from export_pipeline.on_demand.preview import Preview
    from export_pipeline.on_demand.run import Delivery

Export = Callable[..., ExecuteInProcessResult]


@pytest.fixture
def export(project: Project) -> Export:
    """Give a function that runs the job with a config, in this process, as a run worker does."""

    def run(**config: object) -> ExecuteInProcessResult:
        job = project.definitions.resolve_job_def(JOB)
        return job.execute_in_process(instance=project.instance, run_config=config, raise_on_error=False)

    return run


def tags_of(project: Project, result: ExecuteInProcessResult) -> Mapping[str, str]:
    run = project.instance.get_run_by_id(result.run_id)
    assert run
    return run.tags


def metadata_of(result: ExecuteInProcessResult) -> dict[str, Any]:
    """Return what the run's page shows (Any: each entry has a type of its own)."""
    (event,) = (event for event in result.all_events if event.event_type is DagsterEventType.STEP_OUTPUT)
    return {name: entry.value for name, entry in event.step_output_data.metadata.items()}


def test_a_run_publishes_below_its_own_id_and_says_so_in_its_tags(project: Project, export: Export) -> None:
    result = export(datasets=["logs", "ips"], format="csv", requested_by="ann")
    assert result.success
    folder = Path(project.settings.root, "exports", result.run_id)
    record = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    assert record["export_id"] == result.run_id
    tags = tags_of(project, result)
    assert tags["export/datasets"] == "logs,ips"
    assert (tags["export/format"], tags["requested_by"]) == ("csv", "ann")
    assert (tags["export/rows"], tags["export/files"]) == ("2060", "2")
    assert tags["export/bytes"] == str(sum(file["bytes"] for file in record["files"]))
    assert tags["export/finished_at"].endswith("+00:00")


def test_the_runs_page_shows_files_and_figures(export: Export) -> None:
    shown = metadata_of(export(datasets=["logs"], filters=["message ilike '%e%'"]))
    assert shown["row_count"] == shown["logs: row_count"] == 2_000 - shown["logs: filtered_count"]
    assert shown["logs: source_count"] == 2_000
    assert [record.data["name"] for record in shown["files"].records] == ["logs.parquet"]


def test_a_preview_publishes_nothing_and_shows_rows(project: Project, export: Export) -> None:
    result = export(datasets=["ips"], preview=3)
    assert result.success
    shown = metadata_of(result)
    assert len(shown["ips: before"].records) == len(shown["ips: after"].records) == 3
    assert tags_of(project, result)["export/preview"] == "3"
    assert "export/rows" not in tags_of(project, result)
    assert files_below(Path(project.settings.root)) == set()


def test_the_launchpads_own_defaults_ask_for_nothing(project: Project, export: Export) -> None:
    filled = {name: field.default_value for name, field in request_schema().items()}
    result = export(**(filled | {"datasets": ["ips"], "preset": "audit"}))
    assert result.success, failures(result)
    assert (Path(project.settings.root, "exports", result.run_id) / "ips.csv.gz").exists()


def test_every_mistake_stands_in_the_runs_error_and_it_is_not_tried_again(project: Project, export: Export) -> None:
    dead = project.with_settings(source_url=DEAD)
    job = dead.definitions.resolve_job_def(JOB)
    config = {"datasets": ["logs"], "start": "soon", "filters": ["a = 1"], "columns": ["b"]}
    result = job.execute_in_process(instance=project.instance, run_config=config, raise_on_error=False)
    (said,) = failures(result).values()
    assert all(f"\n  {field}: " in said for field in ("start", "filters", "columns"))
    assert retries_of(result) == 0
    assert tags_of(project, result)["dagster/retry_on_asset_or_op_failure"] == "false"


def test_a_field_that_there_is_not_is_refused_before_the_run(export: Export) -> None:
    with pytest.raises(DagsterInvalidConfigError, match="zipp"):
        export(datasets=["ips"], zipp=True)


def test_a_source_that_is_away_is_tried_again(
    project: Project, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_DELAY_S", 0.01)
    away = project.with_settings(source_url=DEAD)
    job = away.definitions.resolve_job_def(JOB)
    result = job.execute_in_process(instance=project.instance, run_config={"datasets": ["ips"]}, raise_on_error=False)
    assert retries_of(result) == retries.MAX_RETRIES
    assert "Connection refused" in next(iter(failures(result).values()))


def test_what_fails_on_the_way_leaves_no_file_and_no_figures(project: Project, export: Export, sql: RunSql) -> None:
    sql(project.settings.source.conninfo, "update ip_addresses set last_seen = 'infinity'")
    result = export(datasets=["logs", "ips"])
    assert "last_seen" in failures(result)["export_rows"]
    assert "export/rows" not in tags_of(project, result)
    assert files_below(Path(project.settings.root)) <= {"exports"}


def test_the_standard_output_is_for_the_command_line(export: Export) -> None:
    result = export(datasets=["ips"], format="csv", output="-")
    assert "output: `-` is for the command line" in failures(result)["export_rows"]


@pytest.mark.parametrize("text", ["'; drop table runs;--", "é😀\u202e\u200b", "%_\\", "x" * 200])
def test_texts_of_people_are_kept_in_the_tags_as_they_are(project: Project, export: Export, text: str) -> None:
    result = export(datasets=["ips"], requested_by=text, preview=1)
    assert result.success
    assert tags_of(project, result)["requested_by"] == text


def test_a_tag_is_never_longer_than_the_storage_takes(project: Project, export: Export, tmp_path: Path) -> None:
    output = "/".join([str(tmp_path), *(f"{number:0100}" for number in range(35)), "a.csv"])
    result = export(datasets=["ips"], format="csv", output=output)
    assert result.success, failures(result)
    assert tags_of(project, result)["export/output"] == f"{output[:599]}…"


def test_warnings_are_in_the_runs_log(project: Project, export: Export, sql: RunSql) -> None:
    sql(project.settings.source.conninfo, "alter table ip_addresses add extra int")
    result = export(datasets=["ips"])
    said = [entry.user_message for entry in project.instance.all_logs(result.run_id)]
    assert any("ips: table ip_addresses has columns that are not exported: extra" in message for message in said)


def test_a_caller_sees_progress_results_and_previews(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Progress] = []
    delivered: list[Delivery] = []
    previewed: list[Preview] = []
    caller = Caller(on_progress=seen.append, on_delivery=delivered.append, on_preview=previewed.extend)
    job = on_demand_definitions(on_demand_job(project.settings, caller)).resolve_job_def(JOB)
    for config in ({"datasets": ["ips"]}, {"datasets": ["ips"], "preview": 2}):
        assert job.execute_in_process(instance=project.instance, run_config=config).success
    assert seen[-1].share == 1
    assert [delivery.rows for delivery in delivered] == [60]
    assert [len(one.after) for one in previewed] == [2]


@pytest.fixture(name="slow_server")
def _slow_server(project: Project, sql: RunSql, days: list[str]) -> Iterator[CodeServer]:
    """Serve a project whose table slow_entries is read a row each 50 ms."""
    url = project.settings.source.conninfo
    sql(url, SLOWLY)
    sql(url, SLOW_VIEW.format(day=days[0]))
    with serving(project) as served:
        yield served


def test_a_terminated_run_stops_reading_leaves_nothing_and_is_canceled(
    slow_server: CodeServer, project: Project, sql: RunSql, tmp_path: Path
) -> None:
    url = project.settings.source.conninfo
    config = {"datasets": ["ips"], "tables": ["slow_entries"], "format": "csv", "batch_rows": 10}
    run_id = slow_server.launch(JOB, {}, config=config)
    wait_until(lambda: sql(url, COPYING))
    assert slow_server.instance.run_launcher.terminate(run_id)
    wait_until(lambda: not sql(url, READING), 10)
    assert slow_server.wait(run_id) is DagsterRunStatus.CANCELED
    assert files_below(Path(project.settings.root)) <= {"exports"}


def test_progress_is_a_tag_of_the_run(project: Project, export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cadence, "line_is_due", lambda *_: True)
    result = export(datasets=["logs"], batch_rows=500)
    said = json.loads(tags_of(project, result)["export/progress"])
    assert (said["dataset"], said["share"], said["rows"], said["total_rows"]) == ("logs", 1.0, 2_000, 2_000)
