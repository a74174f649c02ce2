"""Published Parquet files beside a real source: what every check sees of what can happen to them."""

import hashlib
import shutil
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from export_pipeline.datasets.checks import Check
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import DestinationUnavailableError, SourceUnavailableError
from export_pipeline.extract.source import Source
from export_pipeline.inspection.inspection import Findings, Inspection
from export_pipeline.inspection.primary import PRIMARY_CHECKS, inspect_primary
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import Target
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAY, DAYS, PARQUET, PARTITIONING, Exporter

UNREACHABLE = "postgresql://reader:s3cret@127.0.0.1:1/nowhere"
ALL_CHECKS = set(Check)
LONG_CLOSED = DAYS[0]
OF_THE_DAY = f"where timestamp::date = '{DAY}'"


@pytest.fixture
def exporter(source_url: str, tmp_path: Path) -> Exporter:
    """Give what exported one day into a folder of its own."""
    exporter = Exporter(source_url, tmp_path)
    exporter.run()
    return exporter


def test_what_was_just_exported_passes_every_check(exporter: Exporter) -> None:
    assert failing(exporter) == {}


def test_several_partitions_are_judged_each_by_itself(exporter: Exporter) -> None:
    exporter.run(DAYS[1])
    exporter.file().unlink()
    found = inspect(exporter, DAYS)
    assert {check for check in Check if not found[DAYS[0]][check].passed} == ALL_CHECKS
    assert all(finding.passed for finding in found[DAYS[1]].values())
    broken = {check for check in Check if not found[DAY][check].passed}
    assert broken == {Check.SCHEMA, Check.RECONCILIATION, Check.CHECKSUM}


def test_a_partition_that_was_never_exported_says_so(exporter: Exporter) -> None:
    for finding in inspect(exporter, [DAYS[0]])[DAYS[0]].values():
        assert (finding.passed, finding.severity) == (False, Severity.ERROR)
        assert f"_manifests/logs/parquet/date={DAYS[0]}.json is not there" in finding.summary


def test_a_damaged_manifest_fails_every_check(exporter: Exporter) -> None:
    manifest_path(exporter).write_text("{", encoding="utf-8")
    found = inspect(exporter)[DAY]
    assert {check for check in Check if "is no manifest" in found[check].summary} == ALL_CHECKS


def test_one_altered_byte_breaks_the_checksum_alone(exporter: Exporter) -> None:
    content = bytearray(exporter.file().read_bytes())
    content[len(content) // 3] ^= 1
    exporter.file().write_bytes(content)
    assert set(failing(exporter)) == {Check.CHECKSUM}


def test_a_truncated_file_is_named_with_its_size(exporter: Exporter) -> None:
    content = exporter.file().read_bytes()
    exporter.file().write_bytes(content[:1000])
    broken = failing(exporter)
    assert f"1000 bytes, {len(content)} were published" in broken[Check.CHECKSUM]
    assert "cannot be read as Parquet" in broken[Check.SCHEMA]
    assert "cannot be read as Parquet" in broken[Check.RECONCILIATION]


def test_another_partitions_file_holds_other_rows(exporter: Exporter, sql: RunSql) -> None:
    sql(exporter.url, f"delete from anomaly_records; delete from log_entries where timestamp::date = '{DAYS[0]}'")
    exporter.run(DAYS[0])
    shutil.copy(exporter.file(DAYS[0]), exporter.file())
    broken = failing(exporter)
    assert "the file holds 0 rows" in broken[Check.RECONCILIATION]
    assert Check.CHECKSUM in broken


def test_an_altered_or_shortened_quarantine_is_found(source_url: str, sql: RunSql, tmp_path: Path) -> None:
    sql(source_url, f"update log_entries set push_attempts = -1 where timestamp::date = '{DAY}' and id % 3 = 0")
    quarantining = Exporter(source_url, tmp_path, policy=CheckPolicy(Level.STRICT, OnInvalid.QUARANTINE))
    set_aside = quarantining.run().manifest.quarantined_count
    kept = tmp_path / f"_quarantine/logs/date={DAY}.jsonl"
    lines = kept.read_bytes().splitlines(keepends=True)
    assert len(lines) == set_aside > 0
    kept.write_bytes(b"".join(lines[:-1]))
    broken = failing(quarantining)
    assert f"the quarantine holds {set_aside - 1} rows" in broken[Check.RECONCILIATION]
    assert "_quarantine/logs" in broken[Check.CHECKSUM]
    kept.unlink()
    assert "_quarantine/logs" in failing(quarantining)[Check.CHECKSUM]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("insert into log_entries (id, timestamp, message) values (9999999, '{day} 12:00', 'late')", "up to 1 are new"),
        ("update log_entries set message = 'x' where timestamp::date = '{day}'", "changed or deleted"),
        ("delete from log_entries where timestamp::date = '{day}'", "up to 0 are new"),
    ],
    ids=["inserted", "updated", "deleted"],
)
def test_a_source_that_moved_on_passes_with_a_note(exporter: Exporter, sql: RunSql, change: str, said: str) -> None:
    sql(exporter.url, "delete from anomaly_records")
    sql(exporter.url, change.format(day=DAY))
    found = inspect(exporter)[DAY][Check.RECONCILIATION]
    assert found.passed
    assert "the source has changed since" in found.summary
    assert said in found.summary


def test_a_row_that_the_file_should_have_held_is_an_error(exporter: Exporter) -> None:
    lose_rows(exporter, 10)
    broken = failing(exporter)
    assert set(broken) == {Check.RECONCILIATION}
    assert "at least 10 rows of the source are missing in the file" in broken[Check.RECONCILIATION]


def test_late_and_deleted_rows_do_not_hide_a_lost_one(exporter: Exporter, sql: RunSql) -> None:
    lose_rows(exporter, 3)
    sql(exporter.url, f"insert into log_entries (id, timestamp, message) values (9999999, '{DAY} 12:00', 'late')")
    sql(exporter.url, "delete from anomaly_records")
    sql(
        exporter.url,
        f"delete from log_entries where id in (select id from log_entries {OF_THE_DAY} order by id limit 2)",
    )
    assert "at least 1 rows of the source are missing" in failing(exporter)[Check.RECONCILIATION]


def test_another_server_warns(exporter: Exporter) -> None:
    write_manifest(exporter, replace(manifest(exporter), snapshot=replace(manifest(exporter).snapshot, timeline=9)))
    found = inspect(exporter)[DAY][Check.RECONCILIATION]
    assert (found.passed, found.severity) == (False, Severity.WARN)
    assert "another server" in found.summary


def test_a_table_without_its_time_column_is_a_schema_to_mend(exporter: Exporter, sql: RunSql) -> None:
    sql(exporter.url, "alter table log_entries rename timestamp to logged_at")
    broken = failing(exporter)
    assert "column 'timestamp' (timestamp) is missing" in broken[Check.SCHEMA]
    assert "cannot be compared: column 'timestamp'" in broken[Check.RECONCILIATION]


def test_a_day_that_was_read_before_it_closed_is_late_unless_nothing_came_since(
    exporter: Exporter, sql: RunSql
) -> None:
    read_early(exporter)
    assert failing(exporter, LONG_CLOSED) == {}
    late = f"insert into log_entries (id, timestamp, message) values (9999999, '{LONG_CLOSED} 22:00', 'late')"
    sql(exporter.url, late)
    assert "read 3 h 0 min before the partition closed" in failing(exporter, LONG_CLOSED)[Check.FRESHNESS]


def test_as_many_rows_on_another_server_prove_no_freshness(exporter: Exporter) -> None:
    read_early(exporter, timeline=9)
    assert "before the partition closed" in failing(exporter, LONG_CLOSED)[Check.FRESHNESS]


def test_another_table_with_as_many_old_rows_is_neither_the_same_nor_fresh(
    source_url: str, sql: RunSql, tmp_path: Path
) -> None:
    sql(source_url, "create table older as select * from log_entries; update older set message = 'x'")
    exporter = Exporter(source_url, tmp_path)
    read_early(exporter)
    assert failing(exporter, LONG_CLOSED) == {}
    sql(source_url, "alter table log_entries rename to gone; alter table older rename to log_entries")
    broken = failing(exporter, LONG_CLOSED)
    assert "cannot be compared: its rows lie in other tables" in broken[Check.RECONCILIATION]
    assert "before the partition closed" in broken[Check.FRESHNESS]


def test_the_dataset_says_how_bad_a_failure_is(exporter: Exporter) -> None:
    exporter.file().unlink()
    lenient = replace(DATASETS["logs"], check_severity={Check.CHECKSUM: Severity.WARN})
    found = inspect(exporter, dataset=lenient)[DAY]
    assert found[Check.CHECKSUM].severity is Severity.WARN
    assert found[Check.RECONCILIATION].severity is Severity.ERROR


def test_only_what_needs_the_source_asks_it(exporter: Exporter) -> None:
    offline = replace(exporter, url=UNREACHABLE)
    found = inspect(offline, wanted=[Check.CHECKSUM, Check.QUALITY])[DAY]
    assert {check: finding.passed for check, finding in found.items()} == {Check.CHECKSUM: True, Check.QUALITY: True}
    with pytest.raises(SourceUnavailableError):
        inspect(offline, wanted=[Check.SCHEMA])


def test_a_partition_that_is_published_anew_meanwhile_is_no_failure_but_a_retry(
    exporter: Exporter, sql: RunSql
) -> None:
    class Busy(LocalDestination):
        """Another run publishes right after the first reading of the manifest."""

        def read_manifest(self, target: Target) -> Manifest | None:
            found = super().read_manifest(target)
            if found and found.run_id == first:
                sql(exporter.url, f"update log_entries set message = message || 'x' {OF_THE_DAY}")
                exporter.run()
            return found

    first = manifest(exporter).run_id

    with pytest.raises(DestinationUnavailableError, match="was published anew while it was checked"):
        inspect(exporter, destination=Busy(exporter.root))


def inspect(
    exporter: Exporter,
    keys: Collection[str] = (DAY,),
    wanted: Collection[Check] = PRIMARY_CHECKS,
    dataset: Dataset = DATASETS["logs"],
    destination: LocalDestination | None = None,
) -> dict[str, Findings]:
    place = destination or open_destination(str(exporter.root))
    inspection = Inspection(dataset, PARTITIONING, place, PARQUET, "inspection")
    return inspect_primary(inspection, Source(exporter.url), list(keys), wanted)


def failing(exporter: Exporter, day: str = DAY) -> dict[Check, str]:
    """Return what the failed checks of the day say."""
    return {check: finding.summary for check, finding in inspect(exporter, [day])[day].items() if not finding.passed}


def manifest_path(exporter: Exporter, day: str = DAY) -> Path:
    return exporter.root / exporter.target(day).manifest


def manifest(exporter: Exporter, day: str = DAY) -> Manifest:
    return Manifest.from_json(manifest_path(exporter, day).read_text(encoding="utf-8"), "manifest")


def write_manifest(exporter: Exporter, changed: Manifest, day: str = DAY) -> None:
    manifest_path(exporter, day).write_text(changed.to_json(), encoding="utf-8")


def read_early(exporter: Exporter, **changed: int) -> None:
    """Export a day, and make its manifest say that it was read three hours before the day ended."""
    snapshot = exporter.run(LONG_CLOSED).manifest.snapshot
    end = PARTITIONING.window(LONG_CLOSED).end
    assert end is not None
    early = replace(snapshot, taken_at=end - timedelta(hours=3), **changed)  # type: ignore[arg-type] # any number
    write_manifest(exporter, replace(manifest(exporter, LONG_CLOSED), snapshot=early), LONG_CLOSED)


def lose_rows(exporter: Exporter, rows: int) -> None:
    """Make file and manifest those of an export that lost `rows` rows on its way and did not notice."""
    whole, honest = pq.read_table(exporter.file()), manifest(exporter)
    pq.write_table(whole.slice(rows), exporter.file())
    content = exporter.file().read_bytes()
    doctored = replace(
        honest,
        row_count=honest.row_count - rows,
        source_count=honest.source_count - rows,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    write_manifest(exporter, doctored)
