"""The sensor on a real source: what differs is requested once, what is under way or in sync is not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    SensorDefinition,
    build_sensor_context,
)
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._utils.error import serializable_error_info_from_exc_info

from export_pipeline.defs.look import LIMITS
from export_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
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
    (request,) = look(published).run_requests or ()
    assert request.partition_key == days[2]
    assert request.asset_selection == [AssetKey("logs_csv")]  # the source is not read again for it
    assert published.run(partition=days[2], assets=["logs_csv"]).success
    assert requested(published) == []


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
    add_run(watched, DagsterRunStatus.STARTED, {PARTITION_TAG: days[1]}, "ips_job")
    add_run(watched, DagsterRunStatus.STARTED, {PARTITION_TAG: days[1]}, "__ASSET_JOB", ["ips", "anomalies_csv"])
    assert requested(watched) == days


@pytest.mark.parametrize("asset", ["logs", "logs_json"])
def test_a_run_from_an_assets_page_or_a_backfill_counts_too(watched: Project, days: list[str], asset: str) -> None:
    add_run(watched, DagsterRunStatus.STARTING, {PARTITION_TAG: days[1]}, "__ASSET_JOB", [asset])
    assert requested(watched) == [days[0], days[2]]


def test_a_source_that_is_away_fails_the_tick_with_our_message(watched: Project) -> None:
    with pytest.raises(SourceUnavailableError, match="check that the server runs") as caught:
        look(watched.with_settings(source_url=UNREACHABLE))
    shown = serializable_error_info_from_exc_info((caught.type, caught.value, caught.tb))
    assert "s3cret" not in str(shown)
    assert shown.cause is None
    assert shown.context is None


def test_a_source_that_is_too_slow_is_given_up_with_a_reason(watched: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export_pipeline.defs.look.LIMITS", replace(LIMITS, lock_s=0.05))
    with psycopg.connect(watched.settings.source.conninfo) as other:
        other.execute("lock table log_entries in access exclusive mode")
        found = look(watched)
    assert found.run_requests == []
    assert "another session locks the table" in str(found.skip_message)
    assert "lower EXPORT_SENSOR_WINDOW_DAYS" in str(found.skip_message)


def test_a_partition_that_failed_waits_and_says_until_when(watched: Project, sql: RunSql, days: list[str]) -> None:
    spoil = f"update log_entries set pushed_at = 'infinity' where timestamp::date = '{days[1]}'"
    sql(watched.settings.source.conninfo, spoil)
    (request,) = [one for one in look(watched).run_requests or () if one.partition_key == days[1]]
    assert not watched.run(partition=days[1], tags=request.tags).success
    assert requested(watched) == [days[0], days[2]]
    only_that_one = watched.with_settings(sensor_max_requests=1)
    for day in (days[0], days[2]):
        assert watched.run(partition=day).success
    found = look(watched)
    assert found.run_requests == []
    assert f"none to export; {days[1]} failed once, is asked for again after " in str(found.skip_message)
    assert requested(only_that_one) == [days[1]]  # another setting: what failed before says nothing any more


def test_after_a_range_of_which_one_failed_only_that_one_is_read_again(
    watched: Project, sql: RunSql, days: list[str]
) -> None:
    spoil = f"update log_entries set pushed_at = 'infinity' where timestamp::date = '{days[1]}'"
    sql(watched.settings.source.conninfo, spoil)
    assert not watched.run(span=(days[0], days[2])).success
    selections = {request.partition_key: request.asset_selection for request in look(watched).run_requests or ()}
    derived = [AssetKey("logs_csv"), AssetKey("logs_json")]
    assert selections == {days[0]: derived, days[1]: None, days[2]: derived}


def test_a_run_that_somebody_else_launched_and_that_failed_is_no_reason_to_wait(
    watched: Project, days: list[str]
) -> None:
    add_run(watched, DagsterRunStatus.FAILURE, {PARTITION_TAG: days[1]})
    assert requested(watched) == days


def test_before_the_first_partition_there_is_nothing_to_look_at(watched: Project) -> None:
    found = look(watched.with_settings(first_partition=date(9000, 1, 1), source_url=UNREACHABLE))
    assert "the first partition begins after" in str(found.skip_message)


def test_it_is_off_until_somebody_starts_it_and_looks_as_often_as_is_set(watched: Project) -> None:
    sensor = sensor_of(watched.with_settings(sensor_interval_s=77))
    assert sensor.default_status is DefaultSensorStatus.STOPPED
    assert sensor.minimum_interval_seconds == 77
    assert sensor.job_name == "logs_job"


def test_a_setting_has_it_look_until_somebody_stops_it(watched: Project) -> None:
    assert sensor_of(watched.with_settings(sensors_on=True)).default_status is DefaultSensorStatus.RUNNING


def sensor_of(project: Project) -> SensorDefinition:
    return project.definitions.get_repository_def().get_sensor_def("logs_new_data")


def look(project: Project) -> SensorExecutionData:
    """Evaluate one tick of the logs' sensor, as the daemon does."""
    repository = project.definitions.get_repository_def()
    with build_sensor_context(instance=project.instance, repository_def=repository) as context:
        return sensor_of(project).evaluate_tick(context)


def requested(project: Project) -> list[str | None]:
    return [request.partition_key for request in look(project).run_requests or ()]


def add_run(
    project: Project,
    status: DagsterRunStatus,
    tags: Mapping[str, str],
    job_name: str = "logs_job",
    assets: Sequence[str] = (),
) -> None:
    """Put a run into the instance as if somebody had launched it."""
    instance: DagsterInstance = project.instance
    chosen = frozenset(AssetKey(name) for name in assets)
    job = project.definitions.resolve_job_def(job_name).get_subset(asset_selection=chosen or None)
    instance.create_run_for_job(job_def=job, status=status, tags=tags, asset_selection=chosen or None)
