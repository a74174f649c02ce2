"""The schedule asks for the partition that has closed, never for the open one."""

from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, RunRequest, SkipReason, build_schedule_context
from dagster._utils.schedules import schedule_execution_time_iterator
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.definitions import build_definitions
from export_pipeline.defs.schedules import closed_partition_schedule, last_closed_partition
from export_pipeline.settings import Settings

FIRST = date(2011, 12, 1)
ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia"]


@given(
    st.datetimes(datetime(2011, 12, 3), datetime(2012, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - just gives it
    st.sampled_from(ZONES),
    st.sampled_from(list(Grain)),
)
def test_the_closed_partition_ends_where_the_open_one_begins(now: datetime, zone: str, grain: Grain) -> None:
    cut = Partitioning(FIRST, grain, zone)
    key = last_closed_partition(cut, now)
    assert key is not None
    assert cut.window(key).end == cut.window(cut.keys(now)[-1]).start
    assert cut.window(key).start != cut.window(key).end


@pytest.mark.parametrize("zone", [*ZONES, "Africa/Cairo", "Asia/Beirut", "America/Sao_Paulo"])
def test_every_day_of_a_year_is_asked_for_ten_minutes_after_it_closed(zone: str) -> None:
    cut = Partitioning(date(2023, 1, 1), Grain.DAY, zone)
    begin, end = datetime(2023, 1, 2, tzinfo=ZoneInfo(zone)), datetime(2024, 1, 2, tzinfo=ZoneInfo(zone))
    ticks = schedule_execution_time_iterator(
        begin.timestamp(), closed_partition_schedule("logs", cut).cron_schedule, zone
    )
    asked = {last_closed_partition(cut, at): at for at in takewhile(lambda at: at < end, ticks)}
    assert sorted(map(str, asked)) == [(date(2023, 1, 1) + timedelta(days=day)).isoformat() for day in range(365)]
    for key, at in asked.items():
        closed = cut.window(str(key)).end
        assert closed
        assert timedelta(minutes=10) == at.astimezone(UTC) - closed


def test_a_day_that_did_not_exist_is_not_asked_for() -> None:
    cut = Partitioning(FIRST, Grain.DAY, "Pacific/Apia")
    assert last_closed_partition(cut, datetime(2011, 12, 31, 0, 10, tzinfo=ZoneInfo("Pacific/Apia"))) == "2011-12-29"


@pytest.mark.parametrize("now", [datetime(2011, 11, 30, tzinfo=UTC), datetime(2011, 12, 1, 5, tzinfo=UTC)])
def test_before_the_first_partition_has_closed_there_is_none(now: datetime) -> None:
    assert last_closed_partition(Partitioning(FIRST), now) is None


@pytest.mark.parametrize(
    ("grain", "zone", "cron", "runs_in", "key"),
    [
        (Grain.DAY, "Europe/Berlin", "10 0 * * *", "Europe/Berlin", "2024-03-30"),
        (Grain.HOUR, "Europe/Berlin", "10 * * * *", "UTC", "2024-03-30T22"),
    ],
)
def test_it_ticks_ten_minutes_after_in_the_partitions_own_zone(
    grain: Grain, zone: str, cron: str, runs_in: str, key: str, instance: DagsterInstance
) -> None:
    schedule = closed_partition_schedule("logs", Partitioning(date(2024, 1, 1), grain, zone))
    assert (schedule.cron_schedule, schedule.execution_timezone) == (cron, runs_in)
    at = datetime(2024, 3, 31, 0, 10, tzinfo=ZoneInfo(zone))
    (request,) = _tick(schedule, instance, at)
    assert isinstance(request, RunRequest)
    assert (request.partition_key, request.run_key) == (key, key)


def test_every_dataset_has_one_for_its_own_job(settings: Settings, instance: DagsterInstance, days: list[str]) -> None:
    repository = build_definitions(settings).get_repository_def()
    for name in ("logs", "anomalies", "ips"):
        schedule = repository.get_schedule_def(f"{name}_closed_partition")
        assert schedule.job_name == f"{name}_job"
        after = datetime.fromisoformat(days[1]).replace(tzinfo=UTC) + timedelta(days=1, minutes=10)
        context = build_schedule_context(instance=instance, scheduled_execution_time=after, repository_def=repository)
        requests = schedule.evaluate_tick(context).run_requests
        assert [request.partition_key for request in requests or ()] == [days[1]]


def test_without_a_closed_partition_it_says_so(instance: DagsterInstance) -> None:
    schedule = closed_partition_schedule("logs", Partitioning(date(2024, 1, 1)))
    (skipped,) = _tick(schedule, instance, datetime(2024, 1, 1, 0, 10, tzinfo=UTC))
    assert isinstance(skipped, SkipReason)
    assert skipped.skip_message == "no partition has closed yet"


def _tick(schedule: object, instance: DagsterInstance, at: datetime) -> list[object]:
    context = build_schedule_context(instance=instance, scheduled_execution_time=at)
    found = schedule(context)  # type: ignore[operator] # a decorated function
    return [found]
