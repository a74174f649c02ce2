"""A week of somebody else's rows, published to a bucket by a Dagster run: the source's own rows, all of them."""

import io
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dagster import DagsterInstance

from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import LAST_DAY
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.newcomer.conftest import Office

FIRST_DAY = LAST_DAY - timedelta(days=6)


def days() -> list[date]:
    return [FIRST_DAY + timedelta(days=day) for day in range(7)]


def published(office: Office, day: date) -> list[tuple[int, str | None]]:
    """Return id and device's name of each row of the day's Parquet object, as pyarrow reads it."""
    content = office.bucket.read(f"network/logs/parquet/date={day}/data.parquet")
    table: pa.Table = pq.read_table(io.BytesIO(content))
    return sorted(zip(table["id"].to_pylist(), table["device_name"].to_pylist(), strict=True))


def test_a_week_is_published_as_it_is(
    office: Office, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in office.environ.items():
        monkeypatch.setenv(name, value)
    project = Project(Settings.load(), instance)
    preflight = project.definitions.resolve_job_def("preflight").execute_in_process(instance=instance)
    assert preflight.success
    result = project.run("logs", span=(FIRST_DAY.isoformat(), LAST_DAY.isoformat()))
    assert result.success
    for day in days():
        query = (
            "SELECT e.id, i.label FROM ops.device_events e LEFT JOIN ops.inventory i ON i.number = e.device_id "
            f"WHERE logged_at >= '{day}' AND logged_at < '{day}'::date + 1 ORDER BY 1"
        )
        assert published(office, day) == office.sql(query)
    keys = office.bucket.list_keys("network/logs/")
    assert len([key for key in keys if "/data." in key]) == 7 * 3
    assert office.bucket.open_uploads() == []
