"""`export-pipeline demo --live`: the sensors publish what the writer does, and Ctrl-C ends all of it."""

import re
import signal
import socket
from pathlib import Path

import duckdb
import pytest

from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.cli.dev_process import Dev
from export_pipeline_tests.cli.terminal import start
from export_pipeline_tests.processes import free_port, wait_until

LOGS = 600
ANOMALIES = 15
SMALL = ("--logs", str(LOGS), "--days", "3")


def test_a_port_that_is_taken_is_said_before_anything_is_done(invoke: Invoke, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = invoke("demo", "--live", "--home", tmp_path / "home", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "choose another with --port" in done.stderr.replace("\n", " ")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("wrong", [("--rate", "0"), ("--rate", "x"), ("--port", "70000")])
def test_an_option_that_cannot_be_is_named(invoke: Invoke, wrong: tuple[str, str]) -> None:
    done = invoke("demo", "--live", *wrong)
    assert done.returncode == 2
    assert wrong[0] in done.stderr
    assert "Traceback" not in done.stderr


def published(home: Path, dataset: str, what: str) -> int:
    """Return what the published files hold now."""
    files = f"{home}/exports/{dataset}/parquet/*/*.parquet"
    ((found,),) = duckdb.execute(f"select {what} from read_parquet('{files}')").fetchall()
    return int(found)


@pytest.mark.system
@pytest.mark.timeout(400)
def test_what_comes_changes_and_goes_is_published_until_ctrl_c(fresh_home: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "live.log"
    environ = {"EXPORT_OPEN_PARTITION_DEBOUNCE_S": "0"}
    with log.open("w", encoding="utf-8") as output:
        command = ("demo", "--live", "--home", fresh_home, *SMALL, "--port", str(port))
        live = Dev(fresh_home, port, start(*command, environ=environ, output=output))

    def say() -> str:
        return log.read_text(encoding="utf-8") + (fresh_home / "dagster.log").read_text(encoding="utf-8")

    try:
        wait_until(lambda: "Dagster UI" in log.read_text(encoding="utf-8"), 120, say)
        touched = f"sum(epoch_us(updated_at)) filter (where id <= {ANOMALIES})"
        old = f"count(*) filter (where id <= {LOGS})"
        before = published(fresh_home, "anomalies", touched)
        assert published(fresh_home, "logs", old) == LOGS
        wait_until(lambda: published(fresh_home, "logs", "max(id)") > LOGS, 180, say)
        wait_until(lambda: published(fresh_home, "anomalies", touched) != before, 180, say)
        wait_until(lambda: published(fresh_home, "logs", old) < LOGS, 180, say)
    finally:
        live.stop(signal.SIGINT, 60)
    assert live.process.returncode == 0
    said = log.read_text(encoding="utf-8")
    for part in ("; published: ", " logs? deleted", " anomal(y|ies) changed", r"\+90 logs"):
        assert re.search(part, said), said
    assert "\x1b" not in said
    assert "INFO" not in said
