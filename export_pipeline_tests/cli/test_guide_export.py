"""The first part of docs/guide-export.md, in a real browser on a real `dev`, and the same from the command line.

With EXPORT_IMAGES=docs/images/export the pictures of the page are taken anew.
"""

import gzip
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Page

from export_pipeline.cli.home import SOURCE_DATABASE, Home, SampleRecord
from export_pipeline.embedded.sample import SampleSize, create_tables, fill
from export_pipeline.embedded.server import start_or_join
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.cli.browser import open_page
from export_pipeline_tests.cli.dev_process import running_dev
from export_pipeline_tests.cli.terminal import run
from export_pipeline_tests.processes import wait_until

DAYS, ROWS = 4, 4_000
WIDTH, HEIGHT, MENU = 1400, 760, 240
EDITOR = "document.querySelector('.CodeMirror').CodeMirror.getValue()"
LAUNCHPAD = "/locations/export_pipeline.definitions/jobs/export/playground/setup"

COLUMNS = ["timestamp", "device_name", "process_name", "message"]
WISH = """datasets: [logs]
start: {start}
end: {end}
processes: [nginx, sshd]
filters: ["syslog_severity <= 3"]
columns: [timestamp, device_name, process_name, message]
format: csv
compression: gzip
"""
MISTAKEN = """datasets: [logs]
file_format: csv
format: xml
processes: nginx
"""
IMPOSSIBLE = """datasets: [logs, log]
start: yesterday
columns: [timestamp, mesage]
filters: ["syslog_severity <= high"]
format: csv
compression: snappy
"""


@dataclass(slots=True)
class Story:
    """What one person sees and does, a method a step."""

    page: Page
    port: int
    home: Home
    pictures: Path
    start: str
    end: str

    def look(self, name: str, of: FloatRect | None = None) -> None:
        """Take the picture `name`, two seconds later: the pages poll, so there is no end of loading to wait for."""
        self.page.wait_for_timeout(2_000)
        self.page.screenshot(
            path=self.pictures / f"{name}.png", clip=of or FloatRect(x=0, y=0, width=WIDTH, height=HEIGHT)
        )

    def look_at_the_message(self, name: str, down_to: str) -> None:
        """Open the long message of the log, and take its picture; further down are paths of this machine."""
        self.page.get_by_text("View full message").first.click()
        self.page.set_viewport_size({"width": WIDTH, "height": 2 * HEIGHT})
        dialog = self.page.locator(".dagster-dialog")
        self.page.wait_for_timeout(1_000)  # it glides into its place
        whole, last = dialog.bounding_box(), dialog.get_by_text(down_to).first.bounding_box()
        assert whole
        assert last
        height = last["y"] + last["height"] + 8 - whole["y"]
        self.look(name, FloatRect(x=whole["x"], y=whole["y"], width=whole["width"], height=height))
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def open_the_launchpad(self) -> str:
        """Return what the editor begins with."""
        self.page.goto(LAUNCHPAD)
        self.page.get_by_text("No errors").wait_for()
        return str(self.page.evaluate(EDITOR))

    def fill_in(self, text: str) -> None:
        editor = self.page.locator(".CodeMirror").first
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def see_mistakes_named(self) -> None:
        self.fill_in(MISTAKEN)
        for said in ('unexpected config entry "file_format"', "default | parquet | csv | json | jsonl | xlsx got xml"):
            self.page.get_by_text(said).first.wait_for()
        assert self.page.get_by_role("button", name="Launch Run").is_disabled()
        self.look("mistakes")

    def see_a_request_refused(self) -> None:
        self.fill_in(IMPOSSIBLE)
        run_id = self.launch("Failure")
        self.page.get_by_placeholder("Filter…").first.fill("type:STEP_FAILURE")
        self.look_at_the_message("refused", "the export cannot be made")
        said = graphql.failure(self.port, run_id)
        for mistake in ("start: 'yesterday'", "columns: ", "filters: ", "compression: ", "there is no dataset 'log'"):
            assert mistake in said

    def export(self) -> Path:
        """Return the file that the launchpad's run has published."""
        self.fill_in(WISH.format(start=self.start, end=self.end))
        self.page.get_by_text("No errors").wait_for()
        self.page.get_by_text("Conditions that all must hold").scroll_into_view_if_needed()
        self.look("launchpad")
        run_id = self.launch("Success")
        self.page.get_by_text("filtered out", exact=False).first.wait_for()
        self.page.get_by_role("button").filter(has_text=re.compile(r"^$")).last.click()  # the log over the whole page
        self.look("run", FloatRect(x=MENU, y=0, width=WIDTH - MENU, height=HEIGHT))
        self.look_at_the_message("metadata", "timeliness_s")
        folder = self.home.exports / "exports" / run_id
        assert json.loads((folder / "export.json").read_text(encoding="utf-8"))["export_id"] == run_id
        return folder / "logs.csv.gz"

    def launch(self, ending: str) -> str:
        """Launch what is filled in, and wait on its page; return its id."""
        before = graphql.newest_run(self.port)
        self.page.get_by_role("button", name="Launch Run").click()
        wait_until(lambda: graphql.newest_run(self.port) not in {"", before}, 60, "no run was launched")
        run_id = graphql.newest_run(self.port)
        self.page.wait_for_url(f"**/runs/{run_id}*")
        self.page.get_by_text(ending, exact=True).first.wait_for(timeout=120_000)
        return run_id

    def export_by_command(self, output: Path) -> None:
        span = ("--start", self.start, "--end", self.end)
        rows = ("--process", "nginx", "--process", "sshd", "--filter", "syslog_severity <= 3")
        files = ("--columns", ",".join(COLUMNS), "--format", "csv", "--compression", "gzip")
        done = run("export", "logs", *span, *rows, *files, "-o", output, "--home", self.home.folder)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def story(fresh_home: Path, tmp_path: Path) -> Iterator[Story]:
    """Give a `dev` over a source of four days, the last one yesterday, and a browser on it."""
    home, today = Home(fresh_home), datetime.now(UTC).date()
    home.folder.mkdir()
    home.write_sample(SampleRecord(ROWS, DAYS, 0, today - timedelta(days=1)))
    with start_or_join(home.postgres) as server:
        server.create_database(SOURCE_DATABASE)
        create_tables(server.url(SOURCE_DATABASE))
        fill(server.url(SOURCE_DATABASE), SampleSize(logs=ROWS, days=DAYS), today - timedelta(days=1))
    start = str(today - timedelta(days=3))
    pictures = Path(os.environ.get("EXPORT_IMAGES", tmp_path)).absolute()
    with running_dev(fresh_home, {}, tmp_path / "dev.log") as dev, open_page(dev.port) as page:
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        yield Story(page, dev.port, home, pictures, start, str(today))


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_the_launchpad_and_the_command_export_the_same_bytes(story: Story, tmp_path: Path) -> None:
    begun = story.open_the_launchpad()
    assert "datasets: []" in begun
    assert "start: ''" in begun
    story.see_mistakes_named()
    launched = story.export()
    story.open_the_launchpad()
    story.see_a_request_refused()
    output = tmp_path / "errors.csv.gz"
    story.export_by_command(output)
    header, *rows = gzip.decompress(output.read_bytes()).decode().splitlines()
    assert header.replace('"', "").split(",") == COLUMNS
    assert rows
    assert launched.read_bytes() == output.read_bytes()
