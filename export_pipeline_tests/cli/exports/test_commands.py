"""The commands about one-off exports, over real exports in a folder."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from export_pipeline.cli.exit_codes import EXIT_READER_GONE
from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.cli.terminal import BARE, PROGRAM, run, run_in_terminal, start
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.exports.making import deleted_at, export_now, files_of, run_in_state
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.defs.test_cancelling import COPYING, READING, SLOW_VIEW, SLOWLY
from export_pipeline_tests.flows.running import files_below
from export_pipeline_tests.processes import wait_until

Environ = Mapping[str, str]


def test_list_shows_exports_to_people_and_to_programs(invoke: Invoke, project: Project, environ: Environ) -> None:
    export_id, failed = export_now(project, requested_by="Ada"), export_now(project, datasets=["lgos"])
    done = invoke("list", environ=environ)
    assert done.returncode == 0, done.stderr
    header, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert header[:2] == ["id", "status"]
    assert [row[:2] for row in rows] == [[failed, "failed"], [export_id, "succeeded"]]
    assert "there is no dataset 'lgos'" in rows[0][-1]
    assert "\x1b" not in done.stdout
    records = json.loads(invoke("list", "--json", "--status", "succeeded", environ=environ).stdout)
    assert [record["id"] for record in records] == [export_id]
    assert (records[0]["rows"], records[0]["requested_by"]) == (2_000, "Ada")
    assert json.loads(invoke("list", "--json", "--since", "2999-01-01", environ=environ).stdout) == []
    paged = json.loads(invoke("list", "--json", "--before", failed, environ=environ).stdout)
    assert [record["id"] for record in paged] == [export_id]


def test_an_export_is_in_the_list_at_once(invoke: Invoke, environ: Environ) -> None:
    done = invoke("export", "ips", environ=environ)
    assert (done.returncode, "`list`" in done.stderr) == (0, False)
    (record,) = json.loads(invoke("list", "--json", environ=environ).stdout)
    assert record["id"] in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--status", "done"], "choose among queued, running"),
        (["list", "--since", "yesterday"], "no span of time"),
        (["show", "ffff"], "there is none of this id"),
        (["show", "f"], "first 4 characters"),
        (["cleanup", "--older-than", "7 days"], "no span of time"),
        (["delete", "ffff0000", "--yes"], "there is none of this id"),
        (["list", "--url", "ftp://host"], "no address of a webserver"),
        (["list", "--url", "http://127.0.0.1:99999"], "no address of a webserver"),
        (["list", "--url", "http://[::1"], "no address of a webserver"),
        (["list", "--since", "9999999w"], "longer than 100 years"),
    ],
)
def test_wrong_arguments_are_one_message_and_exit_code_1(
    invoke: Invoke, environ: Environ, arguments: list[str], said: str
) -> None:
    done = invoke(*arguments, environ=environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr


def test_without_a_storage_it_says_what_to_set(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("list", "--home", tmp_path / "none", environ={})
    assert done.returncode == 1
    assert "set DAGSTER_HOME and EXPORT_STORAGE_URL" in done.stderr


def test_a_source_that_keeps_the_home_from_being_used_is_said(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("list", "--home", tmp_path / "none", environ={"EXPORT_SOURCE_HOST": "db.example.com"})
    assert done.returncode == 1
    assert "EXPORT_SOURCE_HOST is set, so --home is not used: set EXPORT_STORAGE_URL and DAGSTER_HOME" in done.stderr


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        ("> /dev/full", 1, "error: writing standard output: No space left on device\n"),
        ("| true", EXIT_READER_GONE, ""),
    ],
)
@pytest.mark.parametrize("arguments", ["", " --json"])
def test_a_list_that_cannot_be_written_is_one_message(
    project: Project, environ: Environ, arguments: str, redirection: str, code: int, said: str
) -> None:
    export_now(project)
    script = f"{PROGRAM} list{arguments} {redirection}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], env=BARE | dict(environ), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)


def test_a_storage_that_is_away_is_a_reason_to_try_again(environ: Environ) -> None:
    away = {"EXPORT_STORAGE_URL": "postgresql+psycopg2://dagster:s3cret@127.0.0.1:1/nowhere"}
    done = run("list", environ=dict(environ) | away)
    assert done.returncode == 75, done.stderr
    assert "EXPORT_STORAGE_URL" in done.stderr
    assert "s3cret" not in done.stderr


def test_a_webserver_that_is_away_is_a_reason_to_try_again(invoke: Invoke) -> None:
    done = invoke("list", "--url", "http://ada:s3cret@127.0.0.1:1/graphql", environ={})
    assert done.returncode == 75
    assert "http://127.0.0.1:1: does not answer" in done.stderr
    assert "s3cret" not in done.stderr


def test_the_exit_code_of_status_tells_how_it_stands(invoke: Invoke, project: Project, environ: Environ) -> None:
    ids = {status: run_in_state(project.instance, status) for status in (*DagsterRunStatus,)[1:]}
    codes = {status: invoke("status", export_id, environ=environ).returncode for status, export_id in ids.items()}
    assert {status.name for status, code in codes.items() if code == 0} == {"SUCCESS"}
    assert {status.name for status, code in codes.items() if code == 1} == {"FAILURE", "CANCELED"}
    assert set(codes.values()) == {0, 1, 75}


def test_show_tells_all_and_watching_an_ended_export_ends(invoke: Invoke, project: Project, environ: Environ) -> None:
    export_id = export_now(project)
    shown = invoke("show", export_id[:8], environ=environ).stdout
    assert "rows\t2,000" in shown
    assert '"format": "csv"' in shown
    watched = invoke("status", export_id, "--watch", "--json", environ=environ)
    assert (watched.returncode, json.loads(watched.stdout)["status"]) == (0, "succeeded")


def test_a_terminal_has_a_table(project: Project, environ: Environ) -> None:
    export_id = export_now(project)
    drawn = run_in_terminal("list", columns=160, environ=environ)
    assert export_id in drawn
    assert "\x1b[32msucceeded" in drawn


def test_delete_needs_a_yes_where_nobody_can_be_asked(project: Project, environ: Environ) -> None:
    export_id = export_now(project)
    refused = run("delete", export_id, environ=environ)
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert files_of(project, export_id)


def test_delete_takes_files_says_what_is_gone_and_refuses_what_runs(
    invoke: Invoke, project: Project, environ: Environ
) -> None:
    export_id, live = export_now(project), run_in_state(project.instance, DagsterRunStatus.STARTED)
    refused = invoke("delete", export_id, live, "--yes", environ=environ)
    assert (refused.returncode, bool(files_of(project, export_id))) == (1, True)
    assert f"export-pipeline cancel {live}" in refused.stderr
    done = invoke("delete", export_id[:8], "--yes", environ=environ)
    assert (done.returncode, files_of(project, export_id)) == (0, [])
    again = invoke("delete", export_id, "--yes", environ=environ)
    assert again.returncode == 0
    assert f"was deleted already, at {deleted_at(project, export_id)}" in again.stderr


def test_cleanup_deletes_what_is_older_and_a_dry_run_nothing(
    invoke: Invoke, project: Project, environ: Environ
) -> None:
    export_id = export_now(project)
    dry = invoke("cleanup", "--older-than", "0s", "--dry-run", "--json", environ=environ)
    assert [one["id"] for one in json.loads(dry.stdout)] == [export_id]
    assert files_of(project, export_id)
    assert json.loads(invoke("cleanup", "--older-than", "1d", "--yes", "--json", environ=environ).stdout) == []
    assert invoke("cleanup", "--older-than", "0s", "--yes", environ=environ).stderr == "1 deleted\n"
    assert files_of(project, export_id) == []


def test_empty_texts_of_the_launchpad_say_nothing(
    invoke: Invoke, project: Project, environ: Environ, tmp_path: Path
) -> None:
    scaffold = dict.fromkeys(("time_column", "start", "end", "requested_by", "output"), "")
    first, second = export_now(project, **scaffold), export_now(project, **scaffold)
    assert json.loads(invoke("show", first, "--json", environ=environ).stdout)["output"] is None
    assert invoke("download", first, "-o", tmp_path, environ=environ).returncode == 0
    assert invoke("delete", first, "--yes", environ=environ).returncode == 0
    assert invoke("cleanup", "--older-than", "0s", "--yes", environ=environ).stderr == "1 deleted\n"
    assert files_of(project, first) == files_of(project, second) == []


def test_stats_count(invoke: Invoke, project: Project, environ: Environ) -> None:
    export_now(project)
    counted = json.loads(invoke("stats", "--json", environ=environ).stdout)
    assert (counted["exports"], counted["total"]["rows"], counted["by_status"]["succeeded"]) == (1, 2_000, 1)
    assert "format csv\t1\t2,000" in invoke("stats", environ=environ).stdout


def test_cancel_ends_only_what_can_be_reached(invoke: Invoke, project: Project, environ: Environ) -> None:
    ended = export_now(project)
    assert "has ended already: succeeded" in invoke("cancel", ended, environ=environ).stderr
    elsewhere = run_in_state(project.instance, DagsterRunStatus.STARTED)
    refused = invoke("cancel", elsewhere, environ=environ)
    assert (refused.returncode, "Ctrl-C" in refused.stderr) == (1, True)
    workers = Path(project.instance.root_directory, "workers")
    workers.mkdir(exist_ok=True)
    (workers / f"{elsewhere}.left").touch()  # by a process that was killed
    assert f"{elsewhere} is canceled" in invoke("cancel", elsewhere, environ=environ).stderr


@pytest.fixture
def slowly(project: Project, sql: RunSql) -> tuple[str, ...]:
    """Give the arguments of an export that takes minutes."""
    sql(project.settings.source.conninfo, SLOWLY)
    sql(project.settings.source.conninfo, SLOW_VIEW.format(day="1970-01-01"))
    return ("export", "--table", "slow_entries", "--format", "csv", "--batch-rows", "10", "--yes")


@pytest.mark.parametrize("is_detached", [True, False])
def test_an_export_of_the_command_line_is_canceled_from_elsewhere(
    invoke: Invoke, project: Project, environ: Environ, sql: RunSql, slowly: tuple[str, ...], *, is_detached: bool
) -> None:
    url = project.settings.source.conninfo
    begun = start(*slowly, *(["--detach"] if is_detached else []), environ=environ)
    wait_until(lambda: sql(url, COPYING) or begun.poll(), 30, "the export does not begin")
    assert not begun.returncode, begun.communicate()
    listed = invoke("list", "--json", environ=environ)
    assert listed.returncode == 0, listed.stderr
    (record,) = json.loads(listed.stdout)
    assert f"{record['id']} is asked to end" in invoke("cancel", record["id"], environ=environ).stderr
    watched = invoke("status", record["id"], "--watch", "--json", environ=environ)
    assert (watched.returncode, watched.stderr) == (1, "")
    assert json.loads(watched.stdout)["status"] == "canceled"
    assert sql(url, READING) == []
    wait_until(lambda: files_below(Path(project.settings.root)) <= {"exports"}, 10, "it left something")
    assert begun.wait(20) == (0 if is_detached else 130)
    begun.communicate()
