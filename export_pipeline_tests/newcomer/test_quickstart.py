"""docs/quickstart-own-database.md, from its first block to its last: word for word, as one person would."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from export_pipeline_tests.newcomer.conftest import Office
from export_pipeline_tests.newcomer.page import blocks
from export_pipeline_tests.project.services import BIN, ROOT

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a new folder, with a `.env` that grows; `places` are what lies elsewhere than on the page."""

    folder: Path
    environ: Mapping[str, str]
    places: Mapping[str, str]

    def write(self, name: str) -> None:
        """Append a block of the page to `.env`, with the places of this machine."""
        with (self.folder / ".env").open("a", encoding="utf-8") as file:
            file.writelines(self._here(line) for line in blocks("ini")[name].splitlines(keepends=True))

    def _here(self, line: str) -> str:
        name = line.partition("=")[0]
        return f"{name}={self.places[name]}\n" if name in self.places else line

    def run(self, name: str) -> Done:
        """Run a block of commands, up to the first that fails."""
        script = ["bash", "-euo", "pipefail", "-c", blocks("bash")[name]]
        return subprocess.run(
            script, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False, timeout=200
        )


@pytest.fixture
def storage(office: Office) -> Iterator[str]:
    """Run the page's SQL for Dagster's database; give its address here."""
    for statement in blocks("sql")["storage"].split(";"):
        if statement.strip():
            office.company.sql(statement)
    yield f"postgresql+psycopg2://dagster:choose-another@127.0.0.1:{office.company.cluster.port}/dagster"
    office.company.sql("DROP DATABASE dagster WITH (FORCE)")
    office.company.sql("DROP ROLE dagster")


@pytest.fixture
def person(office: Office, storage: str, tmp_path: Path) -> Person:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    places = office.company.place(office.database, office.bucket) | {"EXPORT_STORAGE_URL": storage}
    spool = {"EXPORT_S3_SPOOL_FOLDER": places.pop("EXPORT_S3_SPOOL_FOLDER")}
    folder = tmp_path / "new"
    folder.mkdir()
    return Person(folder, kept | {"PATH": f"{BIN}:/usr/bin:/bin", "PROJECT": str(ROOT)} | spool, places)


def lines_of(name: str) -> list[str]:
    return blocks("text")[name].splitlines()


def test_the_page_leads_to_a_published_week(person: Person, office: Office) -> None:
    person.write("env")
    for shown, added in (("check", "tables"), ("columns", "columns")):
        done = person.run("check")
        assert done.returncode == 1, done.stdout + done.stderr
        assert [line for line in lines_of(shown) if line not in done.stdout.splitlines()] == []
        person.write(added)
    done = person.run("check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in lines_of("sound") if line not in done.stdout.splitlines()] == []
    done = person.run("export")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"s3://{office.bucket.name}/network/exports/")
    person.write("storage")
    for name in ("home", "week"):
        done = person.run(name)
        assert done.returncode == 0, done.stdout + done.stderr
    days = [f"network/logs/parquet/date=2026-11-{day}/data.parquet" for day in range(14, 21)]
    assert [key for key in office.bucket.list_keys("network/logs/parquet/") if key.endswith("data.parquet")] == days


def test_what_is_pasted_is_what_was_shown() -> None:
    shown = {line.removeprefix("  → ") for name in ("check", "columns") for line in lines_of(name) if "→" in line}
    pasted = [line for name in ("tables", "columns") for line in blocks("ini")[name].splitlines()]
    assert set(pasted) == shown


def test_every_block_is_run() -> None:
    assert set(blocks("bash")) == {"check", "export", "home", "week"}
    assert set(blocks("ini")) == {"env", "tables", "columns", "storage"}
    assert set(blocks("sql")) == {"account", "storage"}
    assert set(blocks("text")) == {"check", "columns", "sound"}
