"""What becomes of invalid rows and of odd times, counted against SQL that is nothing to the rules."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.embedded.sample import DirtCounts
from export_pipeline.errors import ConfigError, InvalidDataError, UnrepresentableValueError
from export_pipeline.extract.selection import SpecialTimes
from export_pipeline.flow import Outcome
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAY, DAYS, Exporter, files_below

LOGS, ANOMALIES = DATASETS["logs"], DATASETS["anomalies"]
KEEP, QUARANTINE, FAIL = (CheckPolicy(Level.STRICT, choice) for choice in OnInvalid)

WORDS = (
    "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug",
    "emerg", "panic", "crit", "err", "warn", "informational", "information",
)  # fmt: skip
OF_DAY = f"\"timestamp\" >= '{DAY}'"
BAD_LEVEL = f"lower(trim(log_level)) not in {WORDS}"
BAD_LOG = f'({BAD_LEVEL}) or pushed_at < "timestamp" or push_attempts not between 0 and 1000000'
BAD_SEVERITY = "severity not between 1 and 5"
BAD_CONFIDENCE = "confidence not between 0 and 1"
BAD_ANOMALY = f"{BAD_SEVERITY} or {BAD_CONFIDENCE} or updated_at < created_at"


def run_all(exporter: Exporter) -> list[Outcome]:
    return [exporter.run(day) for day in DAYS]


def total(outcomes: list[Outcome], figure: str) -> int:
    return sum(getattr(outcome.manifest, figure) for outcome in outcomes)


def rejected(root: Path, dataset: str) -> list[dict[str, Any]]:
    # Any: what the columns hold
    files = sorted((root / "_quarantine" / dataset).glob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize(
    ("dataset", "level", "invalid"),
    [
        (LOGS, Level.STRICT, BAD_LOG),
        (LOGS, Level.BASIC, BAD_LEVEL),
        (LOGS, Level.NONE, "false"),
        (ANOMALIES, Level.STRICT, BAD_ANOMALY),
        # A confidence is a range, a severity a domain: basic knows domains only.
        (ANOMALIES, Level.BASIC, BAD_SEVERITY),
    ],
)
def test_invalid_rows_are_counted_as_sql_counts_them_and_kept(
    filled_url: str, sql: RunSql, tmp_path: Path, dataset: Dataset, level: Level, invalid: str
) -> None:
    outcomes = run_all(Exporter(filled_url, tmp_path, dataset, CheckPolicy(level)))
    ((rows, bad),) = sql(filled_url, f"select count(*), count(*) filter (where {invalid}) from {dataset.table}")
    assert (total(outcomes, "row_count"), total(outcomes, "invalid_count")) == (rows, bad)
    assert total(outcomes, "quarantined_count") == 0
    assert not (tmp_path / "_quarantine").exists()


def test_the_dirt_that_the_sample_made_is_the_dirt_that_is_found(
    source_dirt: DirtCounts, filled_url: str, tmp_path: Path
) -> None:
    logs = run_all(Exporter(filled_url, tmp_path, LOGS, KEEP))
    anomalies = run_all(Exporter(filled_url, tmp_path, ANOMALIES, KEEP))
    assert total(logs, "invalid_count") == source_dirt.invalid_levels
    assert total(anomalies, "invalid_count") == source_dirt.bad_severities + source_dirt.bad_confidences


def test_quarantined_rows_are_the_invalid_ones_whole_and_with_their_reasons(
    filled_url: str, sql: RunSql, tmp_path: Path
) -> None:
    outcomes = run_all(Exporter(filled_url, tmp_path, LOGS, QUARANTINE))
    found = sql(filled_url, f"select id, log_level from log_entries where {BAD_LOG}")
    expected = {row[0]: row[1] for row in found}
    lines = rejected(tmp_path, "logs")
    assert {line["id"]: line["log_level"] for line in lines} == expected
    assert {reason for line in lines for reason in line["_reasons"]} == {"log_level: syslog level"}
    assert [*lines[0]] == [*LOGS.selection.arrow_schema.names, "_reasons"]
    published = pq.read_table(tmp_path / "logs" / "parquet", columns=["id"])["id"].to_pylist()
    assert not expected.keys() & set(published)
    assert total(outcomes, "quarantined_count") == total(outcomes, "invalid_count") == len(expected)
    assert total(outcomes, "source_count") == len(published) + len(expected)


def test_a_row_that_breaks_two_rules_is_one_row_with_two_reasons(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    ((worst,),) = sql(source_url, f"select min(id) from anomaly_records where \"timestamp\" >= '{DAY}'")
    sql(
        source_url,
        "update anomaly_records set severity = 9, confidence = 7, status = 'x' where id = %s",
        [worst],
    )
    outcome = Exporter(source_url, tmp_path, ANOMALIES, QUARANTINE).run()
    (line,) = (line for line in rejected(tmp_path, "anomalies") if line["id"] == worst)
    assert Counter(reason.split(":")[0] for reason in line["_reasons"]) == {
        "severity": 1,
        "confidence": 1,
        "status": 1,
    }
    assert outcome.manifest.quarantined_count == len(rejected(tmp_path, "anomalies"))


def test_the_quarantine_goes_when_the_source_is_mended(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    exporter = Exporter(source_url, tmp_path, LOGS, QUARANTINE)
    first = exporter.run().manifest
    quarantine = tmp_path / "_quarantine" / "logs" / f"date={DAY}.jsonl"
    assert first.quarantine is not None
    assert quarantine.stat().st_size == first.quarantine.bytes
    sql(source_url, f"update log_entries set log_level = 'info' where {BAD_LOG}")
    second = exporter.run().manifest
    assert (second.quarantined_count, second.quarantine) == (0, None)
    assert second.row_count == first.source_count
    assert not quarantine.exists()


def test_on_invalid_fail_publishes_nothing_and_names_column_rule_and_key(filled_url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match=r"logs date=.*column 'log_level' breaks `syslog level`.* at id=\d+"):
        Exporter(filled_url, tmp_path, LOGS, FAIL).run()
    assert files_below(tmp_path) == set()


def test_on_invalid_fail_lets_clean_rows_pass(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(source_url, f"delete from anomaly_records where {BAD_ANOMALY}")
    assert Exporter(source_url, tmp_path, ANOMALIES, FAIL).run().manifest.invalid_count == 0


@pytest.mark.parametrize("choice", [OnInvalid.KEEP, OnInvalid.QUARANTINE])
def test_more_invalid_rows_than_allowed_publish_nothing(
    filled_url: str, sql: RunSql, tmp_path: Path, choice: OnInvalid
) -> None:
    ((share,),) = sql(
        filled_url,
        f"select avg(coalesce({BAD_LOG}, false)::int)::float8 from log_entries where {OF_DAY}",
    )
    at_most = Exporter(filled_url, tmp_path / "enough", LOGS, CheckPolicy(Level.STRICT, choice, share + 1e-9))
    assert at_most.run().manifest.invalid_count > 0
    with pytest.raises(InvalidDataError, match="more than max_invalid_ratio"):
        Exporter(filled_url, tmp_path / "less", LOGS, CheckPolicy(Level.STRICT, choice, share - 1e-9)).run()
    assert files_below(tmp_path / "less") == set()


def test_a_partition_without_rows_breaks_no_rule_and_has_no_shares(empty_source_url: str, tmp_path: Path) -> None:
    outcome = Exporter(empty_source_url, tmp_path, LOGS, CheckPolicy(Level.STRICT, OnInvalid.FAIL, 0.0)).run()
    assert outcome.manifest.quality is not None
    assert outcome.manifest.quality["validity"] is None


def test_keys_that_stand_twice_are_invalid_where_the_server_allows_them(
    source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    sql(source_url, "alter table anomaly_records drop constraint anomaly_records_pkey")
    sql(
        source_url,
        f"insert into anomaly_records select * from anomaly_records where {OF_DAY} "
        f"and not ({BAD_ANOMALY}) order by id limit 3",
    )
    exporter = Exporter(source_url, tmp_path, ANOMALIES, QUARANTINE)
    exporter.run()
    doubled = [line for line in rejected(tmp_path, "anomalies") if "id: unique key" in line["_reasons"]]
    assert len(doubled) == 6


# Special times: infinity in a column that no transform touches, and in one that becomes an instant.
def plain(policy: SpecialTimes) -> Dataset:
    """Return logs whose times are published as they are read."""
    keep_times = tuple(step for step in LOGS.transforms if isinstance(step, CleanMessage))
    return replace(LOGS, transforms=keep_times, retyped={}, derived=(), special_times=policy)


@pytest.fixture
def endless_url(source_url: str, sql: RunSql) -> str:
    sql(
        source_url,
        f"update log_entries set pushed_at = 'infinity' where \"timestamp\" >= '{DAY}' and id % 2 = 0",
    )
    return source_url


def test_infinity_stops_an_export_by_default(endless_url: str, tmp_path: Path) -> None:
    with pytest.raises(UnrepresentableValueError, match=r"column 'pushed_at' holds infinity .* set special_times"):
        Exporter(endless_url, tmp_path).run()
    assert files_below(tmp_path) == set()


@pytest.mark.parametrize(("policy", "published"), [(SpecialTimes.NULL, None), (SpecialTimes.TEXT, "infinity")])
def test_infinity_is_published_as_the_dataset_says_counted_and_warned_of(
    endless_url: str, sql: RunSql, tmp_path: Path, policy: SpecialTimes, published: str | None
) -> None:
    exporter = Exporter(endless_url, tmp_path, plain(policy))
    outcome = exporter.run()
    ((count,),) = sql(endless_url, "select count(*) from log_entries where pushed_at = 'infinity'")
    table = pq.ParquetFile(exporter.file()).read()
    ids = {row["id"]: row["pushed_at"] for row in table.select(["id", "pushed_at"]).to_pylist()}
    assert {value for number, value in ids.items() if number % 2 == 0} == {published}
    assert any(f"column 'pushed_at': {count} times at infinity" in warning for warning in outcome.warnings)
    assert outcome.manifest.selection["special_times"] == policy.value
    assert exporter.derive("csv").manifest.row_count == table.num_rows


def test_infinity_may_become_null_in_a_dataset_that_standardizes_its_times(endless_url: str, tmp_path: Path) -> None:
    outcome = Exporter(endless_url, tmp_path, replace(LOGS, special_times=SpecialTimes.NULL)).run()
    assert outcome.manifest.row_count == outcome.manifest.source_count


def test_times_as_text_and_a_transform_that_wants_times_are_refused_before_reading(
    endless_url: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="standardize_timestamps: column 'timestamp'"):
        Exporter(endless_url, tmp_path, replace(LOGS, special_times=SpecialTimes.TEXT)).run()
