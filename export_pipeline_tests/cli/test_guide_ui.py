"""docs/guide-ui.md, step by step, in a real browser on a real `dev`: what the page tells is what happens here.

With GUIDE_IMAGES=docs/images/guide the pictures of the page are taken anew.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Locator, Page

from export_pipeline.cli.home import SOURCE_DATABASE, Home, SampleRecord
from export_pipeline.embedded.sample import SampleSize, create_tables, fill
from export_pipeline.embedded.server import start_or_join
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.cli.browser import VIEW, open_page
from export_pipeline_tests.cli.dev_process import running_dev, source_of
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.processes import wait_until

CHECKS = ("schema", "quality", "reconciliation", "checksum", "freshness")
DAYS, ROWS = 8, 4_000
IMPATIENT = {"EXPORT_SENSOR_INTERVAL_S": "30", "EXPORT_OPEN_PARTITION_DEBOUNCE_S": "0"}

LATE_ROWS = """
insert into log_entries (id, device_id, device_ip, timestamp, log_level, process_name, message, raw_message)
select 1000000 + n, 1, '10.0.0.1', %s + n * interval '1 minute', 'info', 'late', 'a late row', 'a late row'
from generate_series(1, 10) n
"""


@dataclass(slots=True)
class Story:
    """What one person sees and does, a method a step."""

    page: Page
    port: int
    home: Home
    source: str
    sql: RunSql
    pictures: Path
    today: date

    def look(self, name: str, down_to: Locator | None = None) -> None:
        """Take the picture `name`, two seconds later: the pages poll, so there is no end of loading to wait for."""
        self.page.wait_for_timeout(2_000)
        box = down_to.bounding_box() if down_to else None
        height = box["y"] + box["height"] + 8 if box else VIEW["height"]
        clip = FloatRect(x=0, y=0, width=VIEW["width"], height=height)
        self.page.screenshot(path=self.pictures / f"{name}.png", clip=clip)

    def see_the_graph(self) -> None:
        self.page.goto("/locations/export_pipeline.definitions/asset-groups/logs/lineage")
        for name in ("logs", "logs_csv", "logs_json"):
            self.page.get_by_text(name, exact=True).first.wait_for()
        self.look("graph")

    def see_the_steps(self) -> None:
        self.page.goto("/locations/export_pipeline.definitions/jobs/logs_job")
        self.page.get_by_text("View as Asset Graph").click()
        self.page.get_by_text("Expand", exact=True).first.click()
        for name in ("extract", "validate", "clean_message", "publish"):
            self.page.get_by_text(name, exact=True).first.wait_for()
        self.look("steps")

    def materialize_today(self) -> None:
        self.dialog().get_by_text("Latest", exact=True).click()
        self.look("materialize")
        self.dialog_button("Launch 1 run").click()
        run_id = self.newest_run()
        self.page.goto(f"/runs/{run_id}")
        self.page.get_by_text("Success", exact=True).first.wait_for(timeout=120_000)
        self.page.get_by_text("published", exact=False).first.wait_for()
        self.look("run")
        assert self.manifest_rows() == self.source_rows()

    def read_its_metadata(self) -> None:
        self.page.goto(f"/assets/logs?view=partitions&partition={self.today}")
        for name in ("row_count", "rows_per_s", "quality", "sample", "manifest"):
            self.page.get_by_text(name, exact=True).first.wait_for()
        self.look("metadata")

    def read_its_checks(self) -> None:
        self.page.goto("/assets/logs?view=checks")
        for name in CHECKS:
            self.page.get_by_text(name, exact=True).first.wait_for()
        self.look("checks")

    def backfill_a_week(self) -> None:
        first, last = self.today - timedelta(days=DAYS - 1), self.today - timedelta(days=1)
        self.dialog().locator("input[type=text]").first.fill(f"[{first}...{last}]")
        self.page.keyboard.press("Enter")
        self.dialog_button("Launch backfill").click()
        folder = self.home.exports / "logs" / "parquet"
        wait_until(lambda: len(list(folder.glob("date=*/data.parquet"))) == DAYS, 240, "the week is not there")
        ended = "COMPLETED_SUCCESS"
        wait_until(lambda: graphql.newest_backfill_status(self.port) == ended, 120, "the backfill has not ended")
        self.page.goto("/runs/?tab=backfills")
        self.page.get_by_text("partitions", exact=False).first.wait_for()
        self.look("backfill")
        self.page.goto("/assets/logs?view=partitions")
        self.page.get_by_text(f"Materialized ({DAYS})").wait_for()
        self.look("partitions")

    def turn_the_sensor_on(self) -> None:
        self.page.goto("/locations/export_pipeline.definitions/sensors/logs_new_data")
        self.page.locator("label:has(input[type=checkbox])").first.click()
        before = self.source_rows()
        self.sql(self.source, LATE_ROWS, [self.today])
        assert self.source_rows() == before + 10
        wait_until(lambda: self.manifest_rows() == before + 10, 240, "the sensor has not refreshed the partition")
        self.page.reload()
        self.page.get_by_text("1 run", exact=False).or_(self.page.get_by_text("runs", exact=False)).first.wait_for()
        self.look("sensor")
        self.page.locator("label:has(input[type=checkbox])").first.click()

    def break_the_source(self) -> str:
        self.sql(self.source, "alter table log_entries rename column message to text")
        before = graphql.newest_run(self.port)
        self.dialog().get_by_text("Latest", exact=True).click()
        self.dialog_button("Launch 1 run").click()
        run_id = self.newest_run(besides=before)
        self.page.goto(f"/runs/{run_id}")
        self.page.get_by_text("Failure", exact=True).first.wait_for(timeout=120_000)
        self.page.get_by_placeholder("Filter…").first.fill("differs from its declaration")
        message = self.page.get_by_text("column 'message' (text) is missing", exact=False).first
        message.wait_for()
        self.look("failure", down_to=message)  # below it are paths of this machine
        return run_id

    def mend_it_and_go_on(self, failed: str) -> None:
        self.sql(self.source, "alter table log_entries rename column text to message")
        buttons = self.page.locator("button:has-text('Re-execute')")
        buttons.first.locator("xpath=following::button[1]").click()
        self.page.get_by_text("From failure", exact=True).click()
        run_id = self.newest_run(besides=failed)
        self.page.goto(f"/runs/{run_id}")
        self.page.get_by_text("Success", exact=True).first.wait_for(timeout=120_000)
        self.look("re-executed")
        assert "logs.extract" not in graphql.steps(self.port, run_id)
        assert "logs.publish" in graphql.steps(self.port, run_id)

    def dialog(self) -> Locator:
        """Open the dialog that materializes, from the partitions' page."""
        portal = self.page.locator(".dagster-portal")
        if not portal.get_by_text("Launch runs to materialize", exact=False).count():
            self.page.goto("/assets/logs?view=partitions")
            self.page.get_by_role("button", name="Materialize").first.click()
            portal.get_by_text("Launch runs to materialize", exact=False).wait_for()
        return portal

    def dialog_button(self, name: str) -> Locator:
        return self.page.locator(".dagster-portal").get_by_role("button", name=name)

    def newest_run(self, besides: str = "") -> str:
        """Wait for a run that is not `besides`; return its id."""
        wait_until(lambda: graphql.newest_run(self.port) not in {"", besides}, 60, "no run was launched")
        return graphql.newest_run(self.port)

    def manifest_rows(self) -> int:
        manifest = self.home.exports / f"_manifests/logs/parquet/date={self.today}.json"
        return int(json.loads(manifest.read_text(encoding="utf-8"))["row_count"])

    def source_rows(self) -> int:
        ((rows,),) = self.sql(self.source, "select count(*) from log_entries where timestamp >= %s", [self.today])
        return int(rows)


@pytest.fixture
def story(fresh_home: Path, tmp_path: Path, sql: RunSql) -> Iterator[Story]:
    """Give a `dev` over a source of eight days of which nothing is exported yet, and a browser on it."""
    home = Home(fresh_home)
    home.folder.mkdir()
    home.write_sample(SampleRecord(ROWS, DAYS, 0, datetime.now(UTC).date()))
    with start_or_join(home.postgres) as server:
        server.create_database(SOURCE_DATABASE)
        create_tables(server.url(SOURCE_DATABASE))
        fill(server.url(SOURCE_DATABASE), SampleSize(logs=ROWS, days=DAYS), datetime.now(UTC).date())
    with running_dev(fresh_home, IMPATIENT, tmp_path / "dev.log") as dev, open_page(dev.port) as page:
        kept = home.read_sample()
        assert kept is not None
        pictures = Path(os.environ.get("GUIDE_IMAGES", tmp_path)).absolute()
        yield Story(page, dev.port, home, source_of(dev), sql, pictures, kept.last_day)


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_the_guide_to_the_ui(story: Story) -> None:
    story.see_the_graph()
    story.see_the_steps()
    story.materialize_today()
    story.read_its_metadata()
    story.read_its_checks()
    story.backfill_a_week()
    story.turn_the_sensor_on()
    failed = story.break_the_source()
    story.mend_it_and_go_on(failed)
