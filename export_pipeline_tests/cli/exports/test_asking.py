"""What the commands about exports do at a terminal: ask before they delete, redraw while they watch."""

import json
from collections.abc import Mapping

import pytest
from dagster import DagsterRunStatus

from export_pipeline.defs.on_demand_tags import PROGRESS_TAG
from export_pipeline_tests.cli.terminal import in_terminal
from export_pipeline_tests.defs.exports.making import export_now, files_of, run_in_state
from export_pipeline_tests.defs.project import Project

Environ = Mapping[str, str]


@pytest.mark.parametrize(("answer", "is_left"), [("y", 0), ("N", 1), ("", 1)])
def test_delete_asks_and_only_a_yes_deletes(project: Project, environ: Environ, answer: str, is_left: int) -> None:
    export_id = export_now(project)
    with in_terminal("delete", export_id[:8], environ=environ) as terminal:
        terminal.wait_for("[y/n] (n)")
        assert f"Delete the files of {export_id}?" in terminal.text
        terminal.type(answer)
        assert terminal.end() == 0, terminal.text
    assert bool(files_of(project, export_id)) == is_left
    assert ("is deleted" in terminal.text) == (not is_left)


def test_cleanup_shows_what_it_asks_about(project: Project, environ: Environ) -> None:
    export_id = export_now(project)
    with in_terminal("cleanup", "--older-than", "0s", environ=environ) as terminal:
        terminal.wait_for("[y/n] (n)")
        assert export_id in terminal.text
        assert "Delete these 1, " in terminal.text
        terminal.type("n")
        assert terminal.end() == 0, terminal.text
    assert files_of(project, export_id)


def test_watching_redraws_until_the_export_has_ended(project: Project, environ: Environ) -> None:
    export_id = run_in_state(project.instance, DagsterRunStatus.STARTED)
    with in_terminal("status", export_id, "--watch", environ=environ) as terminal:
        terminal.wait_for(f"{export_id} running")
        for share in (0.25, 0.5):
            progress = {"dataset": "logs", "share": share, "rows": 1, "total_rows": 2, "rows_per_s": 1, "eta_s": None}
            project.instance.add_run_tags(export_id, {PROGRESS_TAG: json.dumps(progress)})
            terminal.wait_for(f"logs {share:.0%}")
        run = project.instance.get_run_by_id(export_id)
        assert run is not None
        project.instance.report_run_canceled(run)
        assert terminal.end() == 1
    assert f"{export_id} canceled" in terminal.text
    assert "\x1b[2K" in terminal.drawn  # one line, drawn over
