"""`export-pipeline demo` in processes of its own: complete, and again only what has changed."""

from collections.abc import Callable, Iterator

import duckdb
import pytest

from export_pipeline.cli.demo import run_demo
from export_pipeline.cli.home import SOURCE_DATABASE, SampleRecord
from export_pipeline.embedded.server import start_or_join
from export_pipeline.errors import ConfigError
from export_pipeline_tests.cli.conftest import SIZE, Demo, Invoke
from export_pipeline_tests.cli.terminal import kept_state, run, run_in_terminal
from export_pipeline_tests.conftest import RunSql


@pytest.fixture
def source(demo: Demo) -> Iterator[str]:
    """Give the demo's source database, its server running meanwhile."""
    with start_or_join(demo.home.postgres) as server:
        yield server.url(SOURCE_DATABASE)


@pytest.fixture
def again(demo: Demo) -> Iterator[Callable[[], int]]:
    """Give a function that runs the demo again, in this process."""
    kept = demo.home.read_sample()
    assert kept is not None
    with kept_state({}):
        yield lambda: run_demo(kept, demo.home.folder, None)


def test_the_first_one_publishes_and_accounts_for_everything(demo: Demo) -> None:
    assert demo.report["complete"]
    assert demo.report["files_published"] == 27
    assert demo.report["partitions"] == 3
    assert [(row["dataset"], row["format"]) for row in demo.report["rows"]] == [
        (dataset, fmt) for dataset in ("logs", "anomalies", "ips") for fmt in ("parquet", "csv", "json")
    ]
    for row in demo.report["rows"]:
        assert row["published_rows"] == row["source_rows"] > 0


def test_into_a_pipe_it_prints_no_colours_no_bars_and_cuts_nothing(demo: Demo) -> None:
    assert demo.done.stderr == ""
    assert "\x1b" not in demo.done.stdout
    assert "…" not in demo.done.stdout
    assert "Published 27 files in" in demo.done.stdout
    for row in demo.report["rows"]:
        cells = (row["dataset"], row["format"], "3", f"{row['source_rows']:,}", f"{row['published_rows']:,}")
        assert list(cells) in [line.split()[:5] for line in demo.done.stdout.splitlines()]


@pytest.mark.parametrize("name", ["pandas", "DuckDB", "Polars"])
def test_what_it_says_to_read_the_files_with_works(demo: Demo, name: str) -> None:
    (line,) = (line for line in demo.done.stdout.splitlines() if line.startswith(f"  {name}"))
    code = line.removeprefix(f"  {name}").strip()
    rows = len(duckdb.connect().execute(code).fetchall()) if name == "DuckDB" else _last_value_of(code)
    assert rows == 3000


def test_one_changed_row_publishes_its_partition_again_in_every_format(demo: Demo, source: str, sql: RunSql) -> None:
    sql(source, "update log_entries set process_name = 'changed' where id = (select min(id) from log_entries)")
    done = run("demo", "--home", demo.home.folder, *SIZE)
    assert done.returncode == 0
    assert "Published 3 files in" in done.stdout


def test_a_second_one_publishes_nothing_and_cuts_no_figure_in_80_columns(demo: Demo) -> None:
    drawn = run_in_terminal("demo", "--home", demo.home.folder, *SIZE, columns=80)
    assert "Published 0 files: every manifest matches the source." in drawn
    assert "…" not in drawn
    assert "anomalies" in drawn
    assert "\x1b[1m" in drawn  # bold headings: it knew that this is a terminal


def test_another_sample_in_the_same_home_is_refused(demo: Demo, invoke: Invoke) -> None:
    done = invoke("demo", "--home", demo.home.folder, *SIZE, "--seed", "7")
    assert done.returncode == 1
    assert "holds a sample made with --logs 3000 --days 3 --seed 2024" in done.stderr
    assert "choose another --home" in done.stderr


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize("asked", [(4000, 3, 2024), (3000, 4, 2024), (3000, 3, 7)], ids=["logs", "days", "seed"])
def test_each_part_of_a_sample_counts(demo: Demo, asked: tuple[int, int, int]) -> None:
    kept = demo.home.read_sample()
    assert kept is not None
    with kept_state({}), pytest.raises(ConfigError, match="holds a sample made with"):
        run_demo(SampleRecord(*asked, kept.last_day), demo.home.folder, None)


def test_what_cannot_be_published_is_named_and_mended_by_the_next_one(
    again: Callable[[], int], source: str, sql: RunSql, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = "id = (select max(id) from log_entries)"
    ((before,),) = sql(source, f"select pushed_at from log_entries where {spoilt}")
    sql(source, f"update log_entries set pushed_at = 'infinity' where {spoilt}")
    assert again() == 1
    said = capsys.readouterr().out
    assert "Not everything is published:" in said
    assert "'pushed_at' holds infinity" in said
    sql(source, f"update log_entries set pushed_at = %s where {spoilt}", (before,))
    assert again() == 0
    assert "Published 3 files in" in capsys.readouterr().out


def test_a_row_outside_every_partition_is_not_passed_over(
    again: Callable[[], int], source: str, sql: RunSql, capsys: pytest.CaptureFixture[str]
) -> None:
    sql(source, "insert into log_entries (id, timestamp, message) values (9999999, '1999-12-31', 'stray')")
    try:
        assert again() == 1
    finally:
        sql(source, "delete from log_entries where id = 9999999")
    assert "✗ logs: 1 rows lie in no partition" in capsys.readouterr().out


def _last_value_of(code: str) -> int:
    """Run `import x; expression` and return the length of what the expression gives."""
    statement, expression = code.split("; ", 1)
    names: dict[str, object] = {}
    exec(statement, names)
    return len(eval(expression, names))
