"""What the command says: words to standard error, places, rows and objects to standard output."""

import json
from pathlib import Path

from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.on_demand.exporting import left_in


def test_json_is_one_object_on_standard_output(invoke: Invoke, source_url: str, tmp_path: Path) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path)}
    done = invoke("export", "logs", "ips", "--json", "--format", "csv", environ=environ)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["rows"] == 2_060
    assert [file["name"] for file in said["files"]] == ["logs.csv", "ips.csv"]
    assert [one["dataset"] for one in said["datasets"]] == ["logs", "ips"]
    record = json.loads((tmp_path / "exports" / said["export_id"] / "export.json").read_text(encoding="utf-8"))
    assert record["datasets"] == said["datasets"]


def test_a_preview_shows_each_row_before_and_after_and_leaves_nothing(
    invoke: Invoke, source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    sql(source_url, "update log_entries set process_name = E'\\x1b[31mred\\u202e', message = 'it''s  [bold]so[/bold]'")
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path)}
    done = invoke("export", "logs", "--preview", "2", environ=environ)
    assert done.returncode == 0, done.stderr
    assert "logs: row 2" in done.stdout
    assert "logs: 2 rows read, 2 would be published, 0 filtered out, 0 invalid" in done.stdout
    assert "\\x1b[31mred" in done.stdout
    assert "\x1b" not in done.stdout
    assert "[bold]so" in done.stdout
    assert left_in(tmp_path) == []


def test_a_preview_of_rows_that_are_filtered_out_shows_them_before(
    invoke: Invoke, source_url: str, tmp_path: Path
) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path)}
    done = invoke("export", "logs", "--preview", "3", "--filter", "message = 'none is so'", environ=environ)
    assert "logs: row 3 before" in done.stdout
    assert "logs: row 1 after" not in done.stdout
    assert "0 would be published, 3 filtered out" in done.stdout


def test_what_is_filtered_out_is_counted_in_words(invoke: Invoke, source_url: str, tmp_path: Path) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url}
    output = tmp_path / "out" / "x.csv"
    done = invoke(
        "export", "logs", "--filter", "message = 'none is so'", "--format", "csv", "-o", output, environ=environ
    )
    assert "2,000 filtered out" in done.stderr
    assert "in 1 file\n" in done.stderr
