"""The history of exports, read from a real run storage."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from export_pipeline.defs.exports.history import History, Wanted
from export_pipeline.defs.exports.record import DELETED_TAG, ExportProgress, Status
from export_pipeline.errors import ConfigError
from export_pipeline_tests.defs.exports.making import export_now, run_in_state
from export_pipeline_tests.defs.project import Project


@pytest.fixture
def history(instance: DagsterInstance) -> History:
    return History.of(instance)


def test_a_finished_export_is_known_with_all_its_figures(project: Project, history: History) -> None:
    before = datetime.now(UTC)
    export_id = export_now(project, datasets=["logs", "anomalies"], requested_by="Ada")
    found = history.find(export_id)
    assert (found.status, found.datasets, found.format) == (Status.SUCCEEDED, ("logs", "anomalies"), "csv")
    assert (found.rows, found.files, found.requested_by) == (2_100, 2, "Ada")
    assert found.bytes
    assert found.started_at is not None
    assert found.ended_at is not None
    assert before <= found.created_at <= found.started_at <= found.ended_at <= datetime.now(UTC)
    assert found.request["datasets"] == ["logs", "anomalies"]
    assert (found.error, found.progress, found.deleted_at) == (None, None, None)
    assert json.loads(json.dumps(found.as_json()))["status"] == "succeeded"


def test_a_failed_export_says_why_in_one_line(project: Project, history: History) -> None:
    export_id = export_now(project, datasets=["lgos"])
    found = history.find(export_id)
    assert (found.status, found.rows, found.datasets) == (Status.FAILED, None, ("lgos",))
    assert found.error is not None
    assert found.error.startswith("the export cannot be made: datasets: there is no dataset 'lgos'")
    assert "\n" not in found.error


def test_a_running_export_says_how_far_it_is(instance: DagsterInstance, history: History) -> None:
    said = {"dataset": "logs", "share": 0.25, "rows": 5, "total_rows": 20, "rows_per_s": 2, "eta_s": 7.5, "at": "now"}
    export_id = run_in_state(instance, DagsterRunStatus.STARTED, export__progress=json.dumps(said))
    found = history.find(export_id)
    assert found.progress == ExportProgress("logs", 0.25, 5, 20, 2, 7.5)
    assert str(found.progress) == "logs 25%, 5 of 20 rows, 2 rows/s, 8 s to go"


def test_runs_of_older_versions_with_odd_tags_or_none_break_nothing(
    instance: DagsterInstance, history: History
) -> None:
    odd = run_in_state(instance, DagsterRunStatus.STARTED, export__rows="many", export__progress="[}")
    bare = run_in_state(instance, DagsterRunStatus.SUCCESS)
    found = {record.id: record for record in history.list(Wanted(), 10)}
    assert (found[odd].rows, found[odd].progress, found[odd].datasets) == (None, None, ())
    assert (found[bare].format, found[bare].bytes, found[bare].seconds) == (None, None, None)


@pytest.mark.parametrize("status", [*DagsterRunStatus][1:], ids=str)  # a queued one needs a server
def test_every_status_of_a_run_has_its_word(
    status: DagsterRunStatus, instance: DagsterInstance, history: History
) -> None:
    export_id = run_in_state(instance, status)
    word = history.find(export_id).status
    assert [record.id for record in history.list(Wanted(status=word), 10)] == [export_id]
    others = [other for other in Status if other is not word]
    assert [history.list(Wanted(status=other), 10) for other in others] == [[]] * len(others)
    instance.add_run_tags(export_id, {DELETED_TAG: "2026-11-20T00:00:00+00:00"})
    assert history.find(export_id).status is (Status.DELETED if word.has_ended else word)


def test_previews_and_other_jobs_are_no_exports(project: Project, instance: DagsterInstance, history: History) -> None:
    preview = export_now(project, preview=2)
    other = "1" * 8
    instance.add_run(DagsterRun(job_name="logs_job", run_id=other, status=DagsterRunStatus.SUCCESS))
    assert history.list(Wanted(), 10) == []
    with pytest.raises(ConfigError, match="preview"):
        history.find(preview)
    with pytest.raises(ConfigError, match="there is none of this id"):
        history.find(other)


def test_exports_come_newest_first_filtered_and_in_pages(instance: DagsterInstance, history: History) -> None:
    ids = [
        run_in_state(instance, DagsterRunStatus.SUCCESS, export__datasets="logs" if number % 2 else "logs,ips")
        for number in range(5)
    ][::-1]
    assert [record.id for record in history.list(Wanted(), 3)] == ids[:3]
    assert [record.id for record in history.list(Wanted(), 3, before=ids[2])] == ids[3:]
    assert [record.id for record in history.list(Wanted(dataset="ips"), 10)] == ids[::2]
    assert history.list(Wanted(dataset="log"), 10) == []
    assert len(history.list(Wanted(since=datetime.now(UTC) - timedelta(hours=1)), 10)) == 5
    assert history.list(Wanted(since=datetime.now(UTC) + timedelta(hours=1)), 10) == []


def test_pages_of_the_storage_end_nothing_early(
    instance: DagsterInstance, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export_pipeline.defs.exports.history._PAGE", 2)
    ids = [run_in_state(instance, DagsterRunStatus.SUCCESS) for _ in range(5)]
    assert [record.id for record in history.each(Wanted())] == ids[::-1]
    assert history.find(ids[0][:13]).id == ids[0]


def test_the_beginning_of_an_id_is_enough_where_it_is_the_only_one(instance: DagsterInstance, history: History) -> None:
    for run_id in ("abcd1111", "abcd2222", "abce0000"):
        instance.add_run(DagsterRun(job_name="export", run_id=run_id, status=DagsterRunStatus.SUCCESS))
    assert history.find("abce").id == "abce0000"
    with pytest.raises(ConfigError, match="several begin so"):
        history.find("abcd")
    with pytest.raises(ConfigError, match="first 4 characters"):
        history.find("abc")
    with pytest.raises(ConfigError, match="there is none of this id"):
        history.find("ffff")
