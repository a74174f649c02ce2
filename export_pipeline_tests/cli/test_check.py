"""`export-pipeline check`: its table, its JSON and its exit code; on a source of one's own and on a home's."""

import json
from pathlib import Path

import pytest

from export_pipeline_tests.cli.conftest import Demo, Invoke
from export_pipeline_tests.cli.terminal import run, run_in_terminal


def test_a_source_without_a_mistake_ends_with_zero(invoke: Invoke, source_url: str, tmp_path: Path) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path / "exports")}
    done = invoke("check", environ=environ)
    assert done.returncode == 0, done.stdout
    assert "✓ ips: table: public.ip_addresses, a table\n" in done.stdout
    assert "! dagster: storage: EXPORT_STORAGE_URL is not set: `export-pipeline export` works without it" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(" 0 ✗")
    assert [path.name for path in tmp_path.rglob("*")] == ["exports"]


def test_a_mistake_ends_with_one_and_is_no_traceback(invoke: Invoke, tmp_path: Path) -> None:
    environ = {"EXPORT_SOURCE_URL": "postgresql://reader:s3cret@127.0.0.1:1/x", "EXPORT_ROOT": str(tmp_path)}
    done = invoke("check", "--dataset", "logs", environ=environ)
    assert done.returncode == 1
    assert "✗ source: cannot connect to 127.0.0.1:1/x as reader" in done.stdout
    assert "! logs: not looked at: the source cannot be read" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_wrong_settings_are_the_first_rows(invoke: Invoke) -> None:
    done = invoke("check", environ={"EXPORT_ZONE": "Mars", "EXPORT_BATCH_ROWS": "0"})
    assert done.returncode == 1
    assert [line[:10] for line in done.stdout.splitlines() if not line.startswith(" ")][:2] == ["✗ settings"] * 2


def test_json_is_an_array_of_the_same_findings(invoke: Invoke, source_url: str, tmp_path: Path) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path)}
    found = json.loads(invoke("check", "--json", "--dataset", "ips", environ=environ).stdout)
    assert found[0] == {"subject": "settings", "state": "ok", "found": "read; datasets ips", "next_step": ""}
    assert {one["subject"].partition(":")[0] for one in found} == {
        "settings",
        "source",
        "ips",
        "destination",
        "dagster",
    }


def test_an_unknown_dataset_is_refused(invoke: Invoke) -> None:
    done = invoke("check", "--dataset", "things")
    assert done.returncode == 1
    assert "there is no dataset 'things'" in done.stderr


def test_the_database_of_a_home_is_looked_at_where_no_source_is_set(demo: Demo) -> None:
    done = run("check", "--home", demo.home.folder)
    assert done.returncode == 0, done.stdout
    assert "✓ logs: rows: 3,000" in done.stdout
    assert "✓ dagster: tables: up to date" in done.stdout
    assert "✓ dagster: DAGSTER_HOME" in done.stdout
    assert "✓ dagster: code location: loads, with " in done.stdout


@pytest.mark.parametrize("columns", [50, 80, 140])
def test_a_terminal_of_any_width_holds_every_line(source_url: str, tmp_path: Path, columns: int) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path)}
    drawn = run_in_terminal("check", "--dataset", "ips", columns=columns, environ=environ)
    assert "\x1b[" in drawn
    assert "✓" in drawn
