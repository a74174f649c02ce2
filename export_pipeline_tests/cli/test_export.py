"""`export-pipeline export` in this process or its own: the file where it was asked for, or one message and nothing."""

import csv
import json
import signal
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest

from export_pipeline_tests.cli.conftest import Demo, Invoke
from export_pipeline_tests.cli.terminal import run, start
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.processes import wait_until

ACTIVE = (
    "select query from pg_stat_activity where application_name = 'export_pipeline'"
    " and datname = current_database() and state = 'active'"
)


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def count_rows(path: Path) -> int:
    """Count what a reader of the format finds."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path).height
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return len(list(csv.DictReader(text.splitlines())))
    return len(json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()])


@pytest.mark.parametrize("fmt", ["parquet", "csv", "json", "jsonl"])
def test_a_dataset_is_exported_whole_in_every_format(
    invoke: Invoke, source_url: str, sql: RunSql, tmp_path: Path, fmt: str
) -> None:
    output = tmp_path / f"addresses.{fmt}"
    done = invoke("export", "ips", "--format", fmt, "-o", output, environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 0, done.stderr
    assert unquote(urlsplit(done.stdout.strip()).path) == str(output)
    ((counted,),) = sql(source_url, "select count(*) from ip_addresses")
    assert count_rows(output) == counted
    assert f"{counted} rows, " in done.stderr


def test_only_the_span_that_was_asked_for_is_exported(
    invoke: Invoke, source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    span = ("--start", "2026-11-19", "--end", "2026-11-19T14:00:00+02:00")
    output = tmp_path / "logs.parquet"
    done = invoke("export", "logs", *span, "-o", output, environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 0, done.stderr
    query = "select count(*) from log_entries where timestamp >= '2026-11-19' and timestamp < '2026-11-19 12:00'"
    assert [(pl.read_parquet(output).height,)] == sql(source_url, query)


def test_without_an_output_it_goes_into_a_folder_of_its_own_with_its_manifest(
    invoke: Invoke, source_url: str, tmp_path: Path
) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "EXPORT_ROOT": str(tmp_path)}
    done = invoke("export", "ips", environ=environ)
    assert done.returncode == 0, done.stderr
    path = Path(unquote(urlsplit(done.stdout.strip()).path))
    assert path.parent.parent == tmp_path / "exports"
    assert "`list` will not know of this export" in done.stderr
    manifest = json.loads((path.parent / "ips.manifest.json").read_text(encoding="utf-8"))
    assert manifest["run_id"] == path.parent.name
    assert manifest["row_count"] == pl.read_parquet(path).height
    assert "postgresql://" not in json.dumps(manifest)


def test_a_folder_that_is_not_there_yet_is_made(invoke: Invoke, source_url: str, tmp_path: Path) -> None:
    output = tmp_path / "new" / "folder" / "ips.parquet"
    done = invoke("export", "ips", "-o", output, environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 0, done.stderr
    assert output.exists()
    assert left_in(output.parent) == ["ips.parquet", "ips.parquet.manifest.json"]
    assert "`list`" not in done.stderr


def test_the_embedded_source_of_a_home_is_used_where_none_is_set(demo: Demo, tmp_path: Path) -> None:
    done = run("export", "logs", "--home", demo.home.folder, "-o", tmp_path / "logs.parquet")
    assert done.returncode == 0, done.stderr
    assert pl.read_parquet(tmp_path / "logs.parquet").height == 3000


def test_what_the_export_warns_of_is_said(invoke: Invoke, source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(source_url, "alter table ip_addresses add extra int")
    done = invoke(
        "export", "ips", "-o", tmp_path / "x.csv", "--format", "csv", environ={"EXPORT_SOURCE_URL": source_url}
    )
    assert "warning: ips: table ip_addresses has columns that are not exported: extra" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("things",), "there is no dataset 'things'; choose one of logs, anomalies, ips"),
        (("ips", "--format", "xml"), "format: 'xml': input should be 'default', 'parquet', 'csv', "),
        (("ips", "--start", "2026-11-20", "--end", "2026-11-19"), "start 2026-11-20T00:00:00+00:00 lies after end"),
        (("ips", "--start", "soon"), "start: 'soon' is no ISO date or time; write 2026-11-20"),
        (("ips", "--end", "20.11.2026"), "end: '20.11.2026' is no ISO date or time"),
    ],
)
def test_a_wrong_argument_is_said_before_connecting(
    invoke: Invoke, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    nowhere = {"EXPORT_SOURCE_URL": "postgresql://reader@127.0.0.1:1/nowhere"}
    done = invoke("export", *arguments, "-o", tmp_path / "out", environ=nowhere)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(("flag", "named"), [("columns", "columns"), ("nested", "relations")])
@pytest.mark.parametrize("text", ["", " , "])
def test_an_empty_list_is_not_taken_for_everything(invoke: Invoke, flag: str, named: str, text: str) -> None:
    done = invoke("export", "ips", f"--{flag}", text)
    assert done.returncode == 1
    assert f"error: --{flag}: it is empty; name {named}, or leave it out" in done.stderr


def test_a_no_goes_before_the_yes_of_a_file_or_a_preset(invoke: Invoke, source_url: str, tmp_path: Path) -> None:
    config, output = tmp_path / "config.yaml", tmp_path / "ips.csv"
    config.write_text("{datasets: [ips], preset: audit, compression: none, zip: true, totals: true}", encoding="utf-8")
    no = ("--no-zip", "--no-totals", "--no-include-metadata")
    done = invoke("export", "--config", config, *no, "-o", output, environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 0, done.stderr
    header = output.read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith('"address"')
    assert "export_id" not in header


def test_without_any_source_it_says_how_to_get_one(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("export", "ips", "--home", tmp_path / "home", "-o", tmp_path / "ips.parquet")
    assert done.returncode == 1
    assert "set EXPORT_SOURCE_URL, or run `export-pipeline demo --home" in done.stderr
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("output", ["{tmp}/file/ips.parquet", "/sys/ips.parquet", "{tmp}/folder"])
def test_an_output_that_cannot_be_written_is_named(
    invoke: Invoke, source_url: str, tmp_path: Path, output: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    path = output.format(tmp=tmp_path)
    done = invoke("export", "ips", "-o", path, environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 1
    assert str(Path(path).parent) in done.stderr
    assert "Traceback" not in done.stderr
    assert left_in(tmp_path) == ["file", "folder"]


def test_an_export_that_fails_leaves_the_earlier_file_alone(
    invoke: Invoke, source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    output = tmp_path / "ips.parquet"
    assert invoke("export", "ips", "-o", output, environ={"EXPORT_SOURCE_URL": source_url}).returncode == 0
    before = output.read_bytes()
    sql(source_url, "update ip_addresses set last_seen = 'infinity'")
    done = invoke("export", "ips", "-o", output, environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 1
    assert "last_seen" in done.stderr
    assert output.read_bytes() == before
    assert left_in(tmp_path) == ["ips.parquet", "ips.parquet.manifest.json"]


@pytest.mark.parametrize("phase", ["count", "copy"])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_export_that_is_interrupted_leaves_no_file_and_no_query(
    source_url: str, sql: RunSql, tmp_path: Path, sign: signal.Signals, phase: str
) -> None:
    _make_slow(source_url, sql, volatile=phase == "count")
    process = start("export", "ips", "-o", tmp_path / "ips.parquet", environ={"EXPORT_SOURCE_URL": source_url})
    begun = '%count(*)%"ip_addresses"%' if phase == "count" else '%AS "request_count"%'
    wait_until(lambda: sql(source_url, f"{ACTIVE} and query like '{begun}'"), 30, "it never asked")
    process.send_signal(sign)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert left_in(tmp_path) == []
    wait_until(lambda: sql(source_url, ACTIVE) == [], 10, "the server still works for it")


def _make_slow(url: str, sql: RunSql, *, volatile: bool) -> None:
    """Let each address take a second: when it is counted too, if `volatile`, else only when it is streamed."""
    kind = "volatile" if volatile else "stable"
    sql(url, "alter table ip_addresses rename to fast")
    sql(
        url,
        f"create function slow(bigint) returns bigint language plpgsql {kind}"
        f" as $$ begin if {volatile} or current_query() not like '%hash%' then perform pg_sleep(1); end if;"
        " return $1; end $$",
    )
    columns = "address, first_seen, last_seen, risk_score, country, tags, slow(request_count) as request_count"
    sql(url, f"create view ip_addresses as select {columns} from fast")


def test_nothing_is_drawn_or_coloured_into_a_pipe(source_url: str, tmp_path: Path) -> None:
    environ = {"EXPORT_SOURCE_URL": source_url, "TERM": "xterm-256color"}
    done = run("export", "logs", "-o", tmp_path / "logs.parquet", environ=environ)
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.count("\n") == 1
