"""Windows of partitions: contiguous, half-open, and each row in exactly one, whatever the clocks do."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.changes.scan import scan
from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import Window
from export_pipeline.extract.snapshot import open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline_tests.conftest import RunSql

ZONES = (
    "UTC",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Pacific/Apia",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Beirut",
    "Pacific/Chatham",
    "America/St_Johns",
    "Antarctica/Troll",
)
days = st.dates(date(1990, 1, 1), date(2037, 12, 30))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
HOUR = timedelta(hours=1)


def ends(window: Window) -> tuple[datetime, datetime]:
    assert window.start is not None
    assert window.end is not None
    return window.start, window.end


def length(partitioning: Partitioning, key: str) -> timedelta:
    start, end = ends(partitioning.window(key))
    return end - start


@given(st.sampled_from(ZONES), days)
def test_days_follow_each_other_without_gap_or_overlap(zone: str, day: date) -> None:
    partitioning = Partitioning(date(1990, 1, 1), zone=zone)
    start, end = ends(partitioning.window(day.isoformat()))
    following, _ = ends(partitioning.window((day + timedelta(days=1)).isoformat()))
    assert end == following
    assert timedelta(0) <= end - start <= timedelta(hours=26)
    assert start.tzinfo is UTC


@given(moments, st.sampled_from(ZONES))
def test_hours_are_hours_of_utc_in_every_zone(moment: datetime, zone: str) -> None:
    partitioning = Partitioning(date(1990, 1, 1), Grain.HOUR, zone)
    key = moment.strftime(partitioning.key_format)
    start, end = ends(partitioning.window(key))
    assert end - start == HOUR
    assert start <= moment < end


@given(st.sampled_from(ZONES), moments)
def test_every_moment_lies_in_the_last_key_of_its_time(zone: str, now: datetime) -> None:
    for grain in Grain:
        partitioning = Partitioning(now.date() - timedelta(days=3), grain, zone)
        keys = partitioning.keys(now)
        start, end = ends(partitioning.window(keys[-1]))
        assert start <= now < end
        assert keys == sorted(set(keys))
        assert keys[0].startswith(partitioning.first.isoformat())


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2024-03-10", 23),
        ("America/New_York", "2024-11-03", 25),
        ("Australia/Lord_Howe", "2024-04-07", 24.5),
        ("Australia/Lord_Howe", "2024-10-06", 23.5),
        ("America/Havana", "2024-03-10", 23),
        ("America/Havana", "2024-11-03", 25),
        ("Pacific/Apia", "2011-12-29", 24),
        ("Pacific/Apia", "2011-12-30", 0),
        ("Pacific/Apia", "2011-12-31", 24),
        ("UTC", "2024-03-10", 24),
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(zone: str, day: str, hours: float) -> None:
    assert length(Partitioning(date(2011, 1, 1), zone=zone), day) == timedelta(hours=hours)


def test_a_day_without_midnight_begins_with_the_change() -> None:
    start, _ = ends(Partitioning(date(2024, 1, 1), zone="America/Havana").window("2024-03-10"))
    assert start == datetime(2024, 3, 10, 5, tzinfo=UTC)
    assert start.astimezone(ZoneInfo("America/Havana")).hour == 1


def test_no_partition_is_there_before_the_first() -> None:
    now = datetime(2026, 11, 20, 5, 30, tzinfo=UTC)
    for grain in Grain:
        assert Partitioning(date(2026, 11, 22), grain).keys(now) == []
    assert Partitioning(date(2026, 11, 20)).keys(now) == ["2026-11-20"]
    assert Partitioning(date(2026, 11, 20), Grain.HOUR).keys(now)[-1] == "2026-11-20T05"


def test_the_folders_say_what_the_key_is() -> None:
    assert Partitioning(date(2026, 11, 20)).folder("2026-11-20") == "date=2026-11-20"
    assert Partitioning(date(2026, 11, 20), Grain.HOUR).folder("2026-11-20T05") == "hour=2026-11-20T05"


@pytest.mark.parametrize(
    ("grain", "key"), [(Grain.DAY, "2026-11-31"), (Grain.DAY, "20.11.2026"), (Grain.HOUR, "2026-11-20")]
)
def test_a_key_of_another_form_is_refused_with_an_example(grain: Grain, key: str) -> None:
    with pytest.raises(ConfigError, match=f"partition '{key}' is not of the form .*, for example 2026-11-20"):
        Partitioning(date(2026, 11, 20), grain).window(key)


def dataset_of(pg_type: str, naive_zone: str) -> Dataset:
    return Dataset(
        name="edges",
        description="Rows at the edges of windows.",
        table=TableName("edges"),
        key=("id",),
        time_column="at",
        columns=(SourceColumn("id", "int4", "Number"), SourceColumn("at", pg_type, "Time")),
        transforms=(),
        retyped={},
        derived=(),
        naive_zone=naive_zone,
    )


CLOCK_CHANGES = [
    ("America/New_York", date(2024, 3, 9)),
    ("America/New_York", date(2024, 11, 2)),
    ("Australia/Lord_Howe", date(2024, 4, 6)),
    ("America/Havana", date(2024, 3, 9)),
    ("Pacific/Apia", date(2011, 12, 29)),
]


@pytest.mark.parametrize(
    ("pg_type", "naive_zone"), [("timestamptz", "UTC"), ("timestamp", "UTC"), ("timestamp", "own")]
)
@pytest.mark.parametrize("grain", list(Grain))
@pytest.mark.parametrize(("zone", "first"), CLOCK_CHANGES)
def test_rows_at_the_edges_are_each_in_exactly_one_partition(
    empty_source_url: str, sql: RunSql, zone: str, first: date, grain: Grain, pg_type: str, naive_zone: str
) -> None:
    dataset = dataset_of(pg_type, zone if naive_zone == "own" else naive_zone)
    partitioning = Partitioning(first, grain, zone)
    keys = partitioning.keys(datetime(first.year, first.month, first.day, 23, tzinfo=UTC) + timedelta(days=2))
    sql(empty_source_url, f"create table edges (id serial primary key, at {pg_type})")
    # Every edge, a microsecond on both sides of it, and every quarter of an hour besides.
    at = "at" if pg_type == "timestamptz" else f"at at time zone '{dataset.naive_zone}'"
    start, end = ends(partitioning.window(keys[0]))[0], ends(partitioning.window(keys[-1]))[1]
    sql(
        empty_source_url,
        f"insert into edges (at) select {at} from (select q + d * interval '1 microsecond' as at "
        "from generate_series(%s::timestamptz, %s::timestamptz, interval '15 minutes') q, "
        "generate_series(-1, 1) d) s "
        "where at >= %s and at < %s",
        [start, end, start, end],
    )
    ((total,),) = sql(empty_source_url, "select count(*) from edges")
    source = Source(empty_source_url)
    seen = scan(source, dataset, partitioning, keys, bounded=False)
    counted: Counter[str] = Counter()
    with open_snapshot(source, [(dataset.table, "id")], "edges") as snapshot:
        for key in keys:
            selection = replace(dataset.selection, window=partitioning.window(key))
            counted[key] = snapshot.count(selection, with_xmin=True).tally.rows
    assert total == sum(counted.values()) > 100
    assert {key: tally.rows for key, tally in seen.partitions.items()} == dict(counted)
    assert seen.strays == 0
