"""Deleting exports, in a folder and in a bucket: their files go, their runs stay, partitions are not touched."""

from datetime import timedelta
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from export_pipeline.defs.exports.deleting import Remover
from export_pipeline.defs.exports.history import History
from export_pipeline.defs.exports.record import Status
from export_pipeline.errors import ConfigError
from export_pipeline.write.paths import export_folder, export_record
from export_pipeline_tests.defs.exports.making import deleted_at, export_now, files_of, grow_old, run_in_state
from export_pipeline_tests.defs.project import Project

NOW = timedelta()
DAY = timedelta(days=1)


def remover_of(project: Project) -> Remover:
    return Remover(project.instance, project.settings.destination)


def test_deleting_takes_the_files_and_keeps_the_run(anywhere: Project) -> None:
    doomed, kept = export_now(anywhere), export_now(anywhere)
    before = files_of(anywhere, kept)
    assert "export.json" in before
    (removal,) = remover_of(anywhere).remove([doomed], None, dry_run=False)
    assert (removal.id, removal.marks) == (doomed, True)
    assert removal.bytes > 10_000
    assert files_of(anywhere, doomed) == []
    assert files_of(anywhere, kept) == before
    assert deleted_at(anywhere, doomed)
    found = History.of(anywhere.instance).find(doomed)
    assert (found.status, found.rows) == (Status.DELETED, 2_000)
    assert remover_of(anywhere).remove([doomed], None, dry_run=False) == []


def test_a_dry_run_deletes_nothing(anywhere: Project) -> None:
    export_id = export_now(anywhere)
    (removal,) = remover_of(anywhere).remove([export_id], NOW, dry_run=True)
    assert removal.id == export_id
    assert "export.json" in files_of(anywhere, export_id)
    assert deleted_at(anywhere, export_id) is None


@pytest.mark.parametrize("status", [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING])
def test_what_has_not_ended_is_refused_before_anything_is_deleted(project: Project, status: DagsterRunStatus) -> None:
    ended, live = export_now(project), run_in_state(project.instance, status)
    with pytest.raises(ConfigError, match=f"export-pipeline cancel {live}"):
        remover_of(project).remove([ended, live], None, dry_run=False)
    assert deleted_at(project, ended) is None
    assert files_of(project, ended)


def test_what_was_written_elsewhere_is_not_ours_to_delete(project: Project, tmp_path: Path) -> None:
    output = tmp_path / "mine.csv"
    export_id = export_now(project, output=str(output))
    with pytest.raises(ConfigError, match=r"mine\.csv; delete those there yourself"):
        remover_of(project).remove([export_id], None, dry_run=False)
    assert remover_of(project).remove([], NOW, dry_run=False) == []
    assert output.exists()


def test_a_cleanup_takes_what_ended_long_ago_and_never_a_partition(anywhere: Project, days: list[str]) -> None:
    assert anywhere.run("ips", partition=days[0], assets=["ips"]).success
    export_id = export_now(anywhere)
    partitions = anywhere.manifests("ips")
    assert remover_of(anywhere).remove([], DAY, dry_run=False) == []
    (removal,) = remover_of(anywhere).remove([], NOW, dry_run=False)
    assert removal.id == export_id
    assert files_of(anywhere, export_id) == []
    assert deleted_at(anywhere, export_id)
    assert anywhere.manifests("ips") == partitions
    assert remover_of(anywhere).remove([], NOW, dry_run=False) == []


def test_a_cleanup_takes_what_killed_processes_left_and_nothing_of_others(anywhere: Project) -> None:
    destination, instance = anywhere.settings.destination, anywhere.instance
    killed = run_in_state(instance, DagsterRunStatus.FAILURE)
    nobodys, whole, foreign = "of-no-run", "of-another-installation", "of-somebody"
    for export_id in (killed, nobodys, whole, foreign):
        destination.put(export_folder(export_id) / "logs.csv", b"1,2")
    destination.put(export_folder(nobodys) / "logs.manifest.json", b"{}")
    destination.put(export_record(whole), b"{}")
    removals = {one.id: one for one in remover_of(anywhere).remove([], NOW, dry_run=False)}
    assert set(removals) == {killed, nobodys}
    assert not any(one.marks for one in removals.values())
    assert {name: one.why.split(",")[0] for name, one in removals.items()} == {
        killed: "left unfinished",
        nobodys: "left unfinished",
    }
    assert [files_of(anywhere, export_id) for export_id in removals] == [[]] * 2
    assert files_of(anywhere, whole)
    assert files_of(anywhere, foreign)
    assert History.of(instance).find(killed).status is Status.FAILED


def test_a_cleanup_leaves_what_is_young_and_what_is_being_written(project: Project) -> None:
    destination, root = project.settings.destination, Path(project.settings.root)
    live = run_in_state(project.instance, DagsterRunStatus.STARTED)
    for export_id in (live, "young", "old"):
        destination.put(export_folder(export_id) / "logs.manifest.json", b"{}")
    for export_id in (live, "old"):
        grow_old(root / export_folder(export_id), days=2)
    assert [one.id for one in remover_of(project).remove([], DAY, dry_run=False)] == ["old"]
    assert files_of(project, live)
    assert files_of(project, "young")


def test_a_deletion_that_was_cut_short_is_finished_by_the_next(project: Project) -> None:
    export_id = export_now(project)
    project.settings.destination.remove_folder(export_folder(export_id))  # and then the process died
    assert [one.id for one in remover_of(project).remove([export_id], None, dry_run=False)] == [export_id]
    assert deleted_at(project, export_id)
