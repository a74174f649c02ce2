"""What is said before an export, and the question before a large one."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from export_pipeline.cli import export_estimate
from export_pipeline.cli.export_estimate import announce
from export_pipeline.errors import ConfigError
from export_pipeline_tests.on_demand.conftest import exports as exports  # noqa: PLC0414 - a fixture
from export_pipeline_tests.on_demand.exporting import Exports


class Terminal(Console):
    """A terminal at which somebody answers."""

    def __init__(self, answer: str = "") -> None:
        self.said = io.StringIO()
        self._answer = answer
        super().__init__(file=self.said, force_terminal=True, width=200)

    def input(self, prompt: object = "", **_: object) -> str:
        self.said.write(str(prompt))
        return self._answer


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every export be a large one, at a terminal."""
    monkeypatch.setattr(export_estimate, "_ASKED_FROM_ROWS", 1)
    for stream in ("stdin", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True, raising=False)


def test_rows_size_time_and_who_judges_the_conditions_are_said(exports: Exports) -> None:
    terminal = Terminal()
    request = exports.request(datasets=["logs"], filters=["device_id = 1", "device_name = 'x'"])
    announce(request, terminal, yes=False)
    said = terminal.said.getvalue()
    assert "logs: about " in said
    assert "B, " in said
    assert "logs: the source is asked for device_id = 1" in said
    assert "logs: after the transforms, what is kept is device_name = x" in said
    assert "Go on?" not in said


def test_where_nobody_looks_no_sample_is_read(exports: Exports) -> None:
    said = io.StringIO()
    announce(exports.request(datasets=["ips"]), Console(file=said), yes=False)
    assert said.getvalue() == "ips: about 60 rows\n"


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("answer", ["", "n", "nonsense"])
def test_a_large_export_is_not_begun_without_a_yes(exports: Exports, answer: str) -> None:
    terminal = Terminal(answer)
    with pytest.raises(ConfigError, match="nothing was exported"):
        announce(exports.request(datasets=["ips"]), terminal, yes=False)


@pytest.mark.usefixtures("large")
def test_a_yes_begins_it(exports: Exports) -> None:
    announce(exports.request(datasets=["ips"]), Terminal("Y "), yes=False)
    terminal = Terminal("n")
    announce(exports.request(datasets=["ips"]), terminal, yes=True)
    assert "Go on?" not in terminal.said.getvalue()


def test_more_than_is_free_is_large(exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_estimate, "_free_bytes", lambda _: 1)
    for stream in ("stdin", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True, raising=False)
    with pytest.raises(ConfigError, match="nothing was exported"):
        announce(exports.request(datasets=["ips"], output=str(tmp_path / "x.parquet")), Terminal("n"), yes=False)


@pytest.mark.parametrize("output", ["{tmp}/new/x.parquet", "s3://bucket/x.parquet"])
def test_what_is_free_is_that_of_the_place(exports: Exports, tmp_path: Path, output: str) -> None:
    free = export_estimate._free_bytes(exports.request(datasets=["ips"], output=output.format(tmp=tmp_path)))  # noqa: SLF001 - no way to fill a disk
    assert (free == float("inf")) == output.startswith("s3:")
    assert free > 0
