"""`export -o -`: rows go out as they come, and whoever has seen enough of them may leave."""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from export_pipeline.cli.exit_codes import EXIT_READER_GONE
from export_pipeline_tests.cli.terminal import BARE, PROGRAM
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.processes import wait_until

ROWS = 2_000
READING = (
    "select 1 from pg_stat_activity where application_name = 'export_pipeline' and datname = current_database()"
    " and state <> 'idle'"
)
GATED = """
create function gated(id int) returns int language plpgsql stable as $$
begin
  if id > 500 then perform pg_advisory_lock_shared(1); perform pg_advisory_unlock_shared(1); end if;
  return id;
end $$;
create view gated_rows as select gated(g) as id, repeat('x', 200) as padding from generate_series(1, 2000) g
"""


@contextmanager
def exporting(url: str, arguments: Sequence[str], table: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [PROGRAM, "export", "--table", table, "-o", "-", "--batch-rows", "100", *arguments]
    with subprocess.Popen(
        command, env=BARE | {"EXPORT_SOURCE_URL": url}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("--format", "csv"), b'"id","padding"'),
        (("--format", "json"), b"["),
        (("--format", "jsonl"), b'{"id":1'),
        (("--format", "csv", "--compression", "gzip"), b"\x1f\x8b"),
        (("--format", "csv", "--compression", "zstd"), b"\x28\xb5\x2f\xfd"),
    ],
)
def test_the_first_batch_arrives_while_the_source_still_gives_rows(
    empty_source_url: str, sql: RunSql, arguments: tuple[str, ...], first: bytes
) -> None:
    sql(empty_source_url, GATED)

    with psycopg.connect(empty_source_url) as gate:
        gate.execute("select pg_advisory_lock(1)")
        with exporting(empty_source_url, (*arguments, "--batch-bytes", "10000"), "gated_rows") as process:
            assert process.stdout
            assert process.stdout.read(len(first)) == first
            assert process.poll() is None
            gate.execute("select pg_advisory_unlock(1)")
            rest = process.stdout.read()
            assert process.wait(60) == 0, process.stderr.read() if process.stderr else ""
    if "gzip" in arguments:
        assert len(gzip.decompress(first + rest).splitlines()) == ROWS + 1


@pytest.mark.parametrize("fmt", ["csv", "json", "jsonl"])
def test_a_reader_that_leaves_ends_the_export_quietly(empty_source_url: str, sql: RunSql, fmt: str) -> None:
    sql(
        empty_source_url, "create view many as select g as id, repeat('x', 500) as x from generate_series(1, 2000000) g"
    )
    with exporting(empty_source_url, ("--format", fmt), "many") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(60) == EXIT_READER_GONE
    assert re.fullmatch(r"many: about [\d,]+ rows\n", said)
    wait_until(lambda: sql(empty_source_url, READING) == [], 10, "the server still works for it")


def test_head_in_a_pipe_gets_its_line(source_url: str, tmp_path: Path) -> None:
    command = (
        f"set -o pipefail; {PROGRAM} export logs --format jsonl --batch-rows 10 -o - 2>{tmp_path}/said | head -n 1"
    )
    done = subprocess.run(
        ["bash", "-c", command], env=BARE | {"EXPORT_SOURCE_URL": source_url}, capture_output=True, check=False
    )
    assert json.loads(done.stdout)["id"]
    # The export may have ended before `head` did.
    assert done.returncode in {0, EXIT_READER_GONE}
    assert "Traceback" not in (tmp_path / "said").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("redirection", "said"),
    [(">/dev/full", "writing standard output: No space left on device"), (">&-", "the standard output is closed")],
)
def test_a_standard_output_that_takes_nothing_is_said(source_url: str, redirection: str, said: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{PROGRAM} export ips --format csv -o - {redirection}"],
        env=BARE | {"EXPORT_SOURCE_URL": source_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_rows_alone_go_to_the_standard_output(source_url: str) -> None:
    done = subprocess.run(
        [PROGRAM, "export", "logs", "--format", "jsonl", "-o", "-"],
        env=BARE | {"EXPORT_SOURCE_URL": source_url},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == ROWS
    assert f"logs: {ROWS:,} rows" in done.stderr
