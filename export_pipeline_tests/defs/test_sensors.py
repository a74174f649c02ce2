"""The sensor on a real source: what differs is requested once, what is under way or in sync is not."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    SensorDefinition,
    build_sensor_context,
)
from dagster._core.definitions.sensor_definition import SensorExecutionData
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from export_pipeline.defs.sensors import recent_partitions
from export_pipeline.errors import SourceUnavailableError
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.flows.running import Exporter

UNREACHABLE = "postgresql://reader:s3cret@127.0.0.1:1/nowhere"
WHOLE_HISTORY_DAYS = 20_000


@pytest.fixture
def watched(project: Project) -> Project:
    """Give the project with a sensor that looks at every partition there is, whatever today's date."""
    return project.with_settings(sensor_window_days=WHOLE_HISTORY_DAYS)


@pytest.fixture
def published(watched: Project, days: list[str]) -> Project:
    """Give the project with every format of every log published."""
    exporter = Exporter(watched.settings.source.conninfo, Path(watched.settings.root))
    for day in days:
        exporter.run(day)
        exporter.derive("csv", day)
        exporter.derive("json", day)
    return watched


def test_what_was_never_published_is_requested_oldest_first(watched: Project, days: list[str]) -> None:
    assert requested(watched) == days


def test_one_look_asks_for_no_more_than_is_set(watched: Project, days: list[str]) -> None:
    assert requested(watched.with_settings(sensor_max_requests=2)) == days[:2]


def test_nothing_to_do_is_said(published: Project) -> None:
    found = look(published)
    assert found.run_requests == []
    assert "partitions looked at, none to export" in str(found.skip_message)


@pytest.mark.parametrize(
    "change",
    [
        "insert into log_entries (id, timestamp, message) values (9999999, '{day} 12:00', 'late')",
        """
            update log_entries set process_name = 'other'
            where id = (select min(id) from log_entries where timestamp::date = '{day}')
        """,
        "delete from log_entries where id = (select max(id) from log_entries where timestamp::date = '{day}')",
    ],
    ids=["new", "updated", "deleted"],
)
def test_a_row_that_changed_asks_for_its_partition_alone(
    published: Project, sql: RunSql, days: list[str], change: str
) -> None:
    sql(
        published.settings.source.conninfo,
        "alter table anomaly_records drop constraint if exists anomaly_records_log_entry_id_fkey",
    )
    sql(published.settings.source.conninfo, change.format(day=days[1]))
    assert requested(published) == [days[1]]
    assert published.run(partition=days[1]).success
    assert requested(published) == []


def test_a_file_that_somebody_removed_is_asked_for_again(published: Project, days: list[str]) -> None:
    Path(published.settings.root, f"_manifests/logs/csv/date={days[2]}.json").unlink()
    assert requested(published) == [days[2]]


def test_the_same_state_has_the_same_key_within_an_hour_and_another_one_does_not(
    watched: Project, sql: RunSql, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {request.partition_key: request.run_key for request in look(watched).run_requests or ()}
    again = {request.partition_key: request.run_key for request in look(watched).run_requests or ()}
    assert first == again or datetime.now(UTC).minute == 0
    sql(watched.settings.source.conninfo, "update log_entries set message = message")
    changed = {request.partition_key: request.run_key for request in look(watched).run_requests or ()}
    assert not set(first.values()) & set(changed.values())


@pytest.mark.parametrize(
    ("status", "is_busy"),
    [
        (DagsterRunStatus.NOT_STARTED, True),
        (DagsterRunStatus.STARTED, True),
        (DagsterRunStatus.FAILURE, False),
        (DagsterRunStatus.SUCCESS, False),
    ],
)
def test_a_partition_that_a_run_works_on_is_left_to_it(
    watched: Project, days: list[str], status: DagsterRunStatus, *, is_busy: bool
) -> None:
    add_run(watched, status, {PARTITION_TAG: days[1]})
    assert requested(watched) == [day for day in days if not (is_busy and day == days[1])]


def test_every_partition_of_a_running_range_is_left_to_it(watched: Project, days: list[str]) -> None:
    add_run(watched, DagsterRunStatus.STARTED, {RANGE_START_TAG: days[0], RANGE_END_TAG: days[1]})
    assert requested(watched) == [days[2]]


def test_another_datasets_run_is_no_reason_to_wait(watched: Project, days: list[str]) -> None:
    add_run(watched, DagsterRunStatus.STARTED, {PARTITION_TAG: days[1]}, dataset="ips")
    assert requested(watched) == days


def test_a_source_that_is_away_fails_the_tick_with_our_message(watched: Project) -> None:
    with pytest.raises(SourceUnavailableError, match="check that the server runs") as caught:
        look(watched.with_settings(source_url=UNREACHABLE))
    assert "s3cret" not in str(caught.value)


def test_before_the_first_partition_there_is_nothing_to_look_at(watched: Project) -> None:
    found = look(watched.with_settings(first_partition=date(9000, 1, 1), source_url=UNREACHABLE))
    assert "the first partition begins after" in str(found.skip_message)


def test_it_is_off_until_somebody_starts_it_and_looks_as_often_as_is_set(watched: Project) -> None:
    sensor = sensor_of(watched.with_settings(sensor_interval_s=77))
    assert sensor.default_status is DefaultSensorStatus.STOPPED
    assert sensor.minimum_interval_seconds == 77
    assert sensor.job_name == "logs_job"


@given(st.integers(1, 60), st.integers(0, 90), st.sampled_from(list(Grain)))
def test_recent_partitions_cover_the_days_up_to_now(days: int, age_days: int, grain: Grain) -> None:
    first = date(2024, 1, 1)
    cut = Partitioning(first, grain, "America/New_York")
    now = datetime.combine(date.fromordinal(first.toordinal() + age_days), datetime.min.time(), UTC).replace(hour=9)
    found = recent_partitions(cut, now, days)
    assert found == cut.keys(now)[-len(found) :]
    covered = sum(1 for _ in found) / (24 if grain is Grain.HOUR else 1)
    assert min(days, age_days) <= covered <= min(days, age_days) + 1


def sensor_of(project: Project) -> SensorDefinition:
    return project.definitions.get_repository_def().get_sensor_def("logs_new_data")


def look(project: Project) -> SensorExecutionData:
    """Evaluate one tick of the logs' sensor, as the daemon does."""
    repository = project.definitions.get_repository_def()
    with build_sensor_context(instance=project.instance, repository_def=repository) as context:
        return sensor_of(project).evaluate_tick(context)


def requested(project: Project) -> list[str | None]:
    return [request.partition_key for request in look(project).run_requests or ()]


def add_run(project: Project, status: DagsterRunStatus, tags: dict[str, str], dataset: str = "logs") -> None:
    """Put a run into the instance as if somebody had launched it."""
    instance: DagsterInstance = project.instance
    job = project.definitions.resolve_job_def(f"{dataset}_job")
    instance.create_run_for_job(job_def=job, status=status, tags=tags)
