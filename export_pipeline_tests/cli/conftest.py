"""One demo for all tests of the command line: its home, and what it printed."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from export_pipeline.cli.app import main
from export_pipeline.cli.home import Home
from export_pipeline_tests.cli.terminal import Done, kept_state, run
from export_pipeline_tests.conftest import MakeHome, remove_home

Invoke = Callable[..., Done]

SIZE = ("--logs", "3000", "--days", "3")


@dataclass(frozen=True, slots=True)
class Demo:
    """A home that a demo has filled; `report` is its `--json` (Any: as it came)."""

    home: Home
    done: Done
    report: dict[str, Any]


@contextmanager
def lent_home(make_home: MakeHome) -> Iterator[Path]:
    """Give the path of a home, and delete whatever was made there."""
    folder = make_home()
    yield folder
    remove_home(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Give a function like `run` that stays in this process, which saves the imports' two seconds."""

    def invoke_here(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> Done:
        monkeypatch.setattr(sys, "argv", ["export-pipeline", *map(str, arguments)])
        with kept_state(environ or {}), pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(sys.argv, int(ended.value.code or 0), said.out, said.err)

    return invoke_here


@pytest.fixture
def fresh_home(make_home: MakeHome) -> Iterator[Path]:
    """Give the path of a home that is not there yet."""
    with lent_home(make_home) as folder:
        yield folder


@pytest.fixture(scope="session")
def demo(make_home: MakeHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run `export-pipeline demo` once, in a fresh home."""
    report = tmp_path_factory.mktemp("demo") / "report.json"
    with lent_home(make_home) as folder:
        done = run("demo", "--home", folder, *SIZE, "--json", report)
        assert done.returncode == 0, done.stderr
        yield Demo(Home(folder), done, json.loads(report.read_text(encoding="utf-8")))
