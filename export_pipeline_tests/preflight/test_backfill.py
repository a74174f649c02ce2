"""The estimate of a first backfill: a sample read by the real flow, and what it makes of all rows."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.preflight.backfill import count_partitions, in_time
from export_pipeline.preflight.finding import State
from export_pipeline.preflight.rows import Rows
from export_pipeline.preflight.sample import Sample, estimate, take_sample
from export_pipeline.settings import Settings
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.conftest import LAST_DAY, RunSql
from export_pipeline_tests.preflight.looking import Reader

NEWEST = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 23, 59, tzinfo=UTC)


def test_the_newest_rows_are_written_in_every_format_to_nowhere(source_url: str, sql: RunSql) -> None:
    settings = Settings.load(source_url=source_url)
    formats = (FORMATS["parquet"], FORMATS["csv"])
    sample = take_sample(settings.source, settings.plan_of("logs"), formats, NEWEST)
    query = "select count(*) from log_entries where timestamp >= %s and timestamp <= %s"
    naive = NEWEST.replace(tzinfo=None)
    assert [(sample.rows,)] == sql(source_url, query, (naive - timedelta(days=1), naive))
    assert sample.rows * 20 < sample.bytes["parquet"] < sample.bytes["csv"]
    assert sample.validity is not None
    assert 0.5 < sample.validity < 1


def test_an_estimate_is_a_multiple_of_the_sample() -> None:
    whole = estimate(Sample(rows=100, validity=1.0, seconds=2.0, bytes={"parquet": 30, "csv": 70}), 1000)
    assert (whole.rows, whole.seconds, whole.bytes) == (1000, 20.0, 1000)
    assert estimate(Sample(0, None, 1.0, {"parquet": 4}), 0).bytes == 0


def test_the_finding_says_how_long_and_how_much(reader: Reader) -> None:
    found = reader.look("logs", first_partition=LAST_DAY - timedelta(days=2))["logs: first backfill"]
    assert found.state is State.OK
    pattern = r"about \d+ s for 2,000 rows \([\d,]+ rows/s\), .* 3 partitions; about [\d.]+ [kM]B as parquet, csv"
    assert re.fullmatch(pattern, found.found)


def test_rows_that_no_export_could_read_are_found_by_the_sample(reader: Reader) -> None:
    reader.sql("UPDATE ip_addresses SET last_seen = 'infinity'")
    found = reader.look("ips")
    assert found["ips: sample"].state is State.FAILED
    assert "column 'last_seen' holds infinity" in found["ips: sample"].found
    assert found["ips: first backfill"].found == "not looked at: the sample could not be read"


def test_many_invalid_rows_are_a_warning(reader: Reader) -> None:
    assert reader.look("ips", validation_level="none")["ips: sample"].state is State.OK
    reader.sql("UPDATE ip_addresses SET risk_score = 900")
    found = reader.look("ips")["ips: sample"]
    assert (found.state, "0.0% of them valid" in found.found) == (State.WARNING, True)


def test_nothing_is_changed_by_looking(reader: Reader, sql: RunSql) -> None:
    digest = "select md5(string_agg(t::text, '' order by t::text)), max(xmin::text::bigint) from ip_addresses t"
    before = sql(reader.owner_url, digest)
    reader.look("ips")
    assert sql(reader.owner_url, digest) == before
    left = f"select count(*) from pg_stat_activity where usename = '{reader.name}' and state <> 'idle'"
    assert sql(reader.owner_url, left) == [(0,)]


@pytest.mark.parametrize(
    ("grain", "oldest", "newest", "partitions"),
    [
        (Grain.DAY, "2026-11-18T23:00", "2026-11-20T01:00", 3),
        (Grain.DAY, "2026-11-01T00:00", "2026-11-18T00:00", 1),
        (Grain.HOUR, "2026-11-19T23:10", "2026-11-20T01:00", 3),
    ],
)
def test_partitions_are_counted_from_the_first_row_in_one(
    grain: Grain, oldest: str, newest: str, partitions: int
) -> None:
    span = (datetime.fromisoformat(f"{one}:00+00:00") for one in (oldest, newest))
    rows = Rows(9, 0, 0, 0, 0, *span)
    assert count_partitions(Partitioning(date(2026, 11, 18), grain), rows) == partitions


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "1 s"), (119, "119 s"), (1200, "20 min"), (9000, "2.5 h")])
def test_spans_of_time_are_rounded(seconds: float, said: str) -> None:
    assert in_time(seconds) == said
