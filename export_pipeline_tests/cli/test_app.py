"""The program itself: its help, its exit codes, an error as one message."""

from pathlib import Path

import pytest

from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.cli.terminal import run

UNREACHABLE = {"EXPORT_SOURCE_URL": "postgresql://reader:s3cret@127.0.0.1:1/nowhere"}


def test_without_a_command_it_shows_those_there_are(invoke: Invoke) -> None:
    done = invoke()
    for command in ("demo", "dev", "export"):
        assert command in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["demo", "dev", "export"])
def test_every_command_explains_itself(invoke: Invoke, command: str) -> None:
    done = invoke(command, "--help")
    assert done.returncode == 0
    assert "--home" in done.stdout


def test_an_error_that_a_retry_may_mend_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    done = run("export", "ips", "-o", tmp_path / "ips.parquet", environ=UNREACHABLE)
    assert done.returncode == 75
    assert done.stderr.startswith("error: ")
    assert "check that the server runs and can be reached from here" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "s3cret" not in done.stderr + done.stdout


def test_an_error_that_somebody_must_mend_ends_with_one(invoke: Invoke) -> None:
    done = invoke("export", "ips", environ=UNREACHABLE | {"EXPORT_BATCH_ROWS": "[0]"})
    assert done.returncode == 1
    assert "EXPORT_BATCH_ROWS: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("wrong", [("demo", "--logs", "0"), ("demo", "--days", "x"), ("dev", "--port", "99999")])
def test_an_option_that_cannot_be_is_named(invoke: Invoke, wrong: tuple[str, ...]) -> None:
    done = invoke(*wrong)
    assert done.returncode == 2
    assert wrong[1] in done.stderr


def test_a_home_that_cannot_be_made_is_one_message(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in ("demo", "dev"):
        done = invoke(command, "--home", tmp_path / "file")
        assert done.returncode == 1
        assert "choose a folder you can write to with --home" in done.stderr.replace("\n", " ")
