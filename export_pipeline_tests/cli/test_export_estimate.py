"""What `export` asks before a large export: at a terminal alone, and only a yes goes on."""

from pathlib import Path

import pytest

from export_pipeline_tests.cli.conftest import Invoke
from export_pipeline_tests.cli.terminal import in_terminal
from export_pipeline_tests.conftest import RunSql

ROWS = 6_000
QUESTION = "Go on? (y/N)"


@pytest.fixture
def large(source_url: str, sql: RunSql) -> str:
    """Name a view that the planner takes for 20 million rows, which it is not."""
    body = f"select generate_series(1, {ROWS})"
    sql(source_url, f"create function few() returns setof integer language sql volatile rows 20000000 as '{body}'")
    sql(source_url, "create view large as select number from few() as number")
    return "public.large"


@pytest.mark.parametrize(("answer", "code", "left"), [("", 1, []), ("n", 1, []), ("y", 0, ["public.large.csv"])])
def test_only_a_yes_goes_on_with_a_large_export(
    source_url: str, large: str, tmp_path: Path, answer: str, code: int, left: list[str]
) -> None:
    arguments = ("export", "--table", large, "--format", "csv", "-o", f"{tmp_path}/out/")
    with in_terminal(*arguments, environ={"EXPORT_SOURCE_URL": source_url}) as terminal:
        terminal.wait_for(QUESTION)
        assert "about 20,000,000 rows" in terminal.text
        terminal.type(answer)
        assert terminal.end() == code, terminal.text
    assert ("nothing was exported; narrow it" in terminal.text) == (code == 1)
    assert [path.name for path in tmp_path.rglob("*.csv")] == left


def test_yes_answers_before_it_is_asked(source_url: str, large: str, tmp_path: Path) -> None:
    arguments = ("export", "--table", large, "--yes", "--format", "csv", "-o", tmp_path / "out.csv")
    with in_terminal(*arguments, environ={"EXPORT_SOURCE_URL": source_url}) as terminal:
        assert terminal.end() == 0, terminal.text
    assert QUESTION not in terminal.text
    assert len((tmp_path / "out.csv").read_bytes().splitlines()) == ROWS + 1


def test_nobody_is_asked_without_a_terminal(invoke: Invoke, source_url: str, large: str, tmp_path: Path) -> None:
    arguments = ("export", "--table", large, "--format", "csv", "-o", tmp_path / "out.csv")
    done = invoke(*arguments, environ={"EXPORT_SOURCE_URL": source_url})
    assert done.returncode == 0, done.stderr
    assert "about 20,000,000 rows" in done.stderr
    assert QUESTION not in done.stderr
