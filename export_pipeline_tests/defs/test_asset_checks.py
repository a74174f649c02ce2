"""Checks on real runs: beside the materializations of a partition or a range, and alone."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    ExecuteInProcessResult,
    TableMetadataValue,
)
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from export_pipeline.defs import retries as retry_policy
from export_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project, failures, retries

UNREACHABLE = "postgresql://reader:s3cret@127.0.0.1:1/nowhere"
OF_PARQUET = {"schema", "quality", "reconciliation", "checksum", "freshness"}
EVERY_CHECK = {("logs", name) for name in OF_PARQUET} | {("logs_csv", "checksum"), ("logs_json", "checksum")}


def test_a_run_checks_all_that_it_made_of_each_of_its_partitions(project: Project, days: list[str]) -> None:
    result = project.run(span=(days[0], days[-1]))
    assert failures(result) == {}
    found = evaluated(result)
    assert set(found) == {(asset, name, day) for asset, name in EVERY_CHECK for day in days}
    assert failed(found.values()) == {}
    assert all(record.blocking is None for record in found.values())


def test_a_run_of_one_asset_checks_that_one(project: Project, days: list[str]) -> None:
    found = evaluated(project.run(partition=days[0], assets=["logs"]))
    assert set(found) == {("logs", name, days[0]) for name in OF_PARQUET}


def test_the_ui_has_a_current_status_of_each_partition(project: Project, days: list[str]) -> None:
    project.run(span=(days[0], days[1]), assets=["logs"])
    altered_file(project, days[1])
    check(project, days[1])
    kept = project.instance.event_log_storage.get_asset_check_partition_info(
        [AssetCheckKey(AssetKey("logs"), "checksum")]
    )
    assert {info.partition_key: info.latest_execution_status for info in kept} == {
        days[0]: AssetCheckExecutionRecordStatus.SUCCEEDED,
        days[1]: AssetCheckExecutionRecordStatus.FAILED,
    }
    assert all(info.is_current and info.latest_target_materialization_storage_id for info in kept)


def test_checks_run_alone_for_a_partition_and_export_nothing(project: Project, days: list[str]) -> None:
    published = project.run(partition=days[0])
    altered_file(project, days[0])
    result = check(project, days[0])
    assert result.success
    assert project.materializations(result, "logs") == {}
    assert project.manifests()[f"date={days[0]}"].run_id == published.run_id
    found = evaluated(result)
    assert set(found) == {(*one, days[0]) for one in EVERY_CHECK}
    assert set(failed(found.values())) == {("logs", "checksum", days[0])}
    (broken,) = (record for record in found.values() if not record.passed)
    assert broken.severity is AssetCheckSeverity.ERROR
    assert "other bytes than were published" in str(broken.description)
    assert str(broken.metadata["uri"].value).startswith("file:///")


def test_checks_run_alone_for_a_range(project: Project, days: list[str]) -> None:
    project.run(span=(days[0], days[1]))
    job = project.definitions.resolve_job_def("logs_checks")
    span = {RANGE_START_TAG: days[0], RANGE_END_TAG: days[-1]}
    result = job.execute_in_process(instance=project.instance, tags=span)
    broken = failed(evaluated(result).values())
    assert set(broken) == {(*one, days[-1]) for one in EVERY_CHECK}
    assert all("is not there: export the partition" in said for said in broken.values())


def test_a_check_is_about_the_newest_materialization_of_its_own_partition(project: Project, days: list[str]) -> None:
    runs = [project.run(partition=day, assets=["logs"]).run_id for day in (days[0], days[1], days[1])]
    job = project.definitions.resolve_job_def("logs_checks")
    span = {RANGE_START_TAG: days[0], RANGE_END_TAG: days[1]}
    found = evaluated(job.execute_in_process(instance=project.instance, tags=span))
    about = {day: found["logs", "checksum", day].target_materialization_data for day in days[:2]}
    assert {day: target and target.run_id for day, target in about.items()} == {days[0]: runs[0], days[1]: runs[2]}


def test_one_check_runs_alone_and_asks_for_no_more_than_it_needs(project: Project, days: list[str]) -> None:
    project.run(partition=days[0], assets=["logs"])
    offline = project.with_settings(source_url=UNREACHABLE)
    job = offline.definitions.resolve_job_def("logs_checks")
    one = job.get_subset(asset_selection=set(), asset_check_selection={AssetCheckKey(AssetKey("logs"), "checksum")})
    result = one.execute_in_process(instance=project.instance, tags={PARTITION_TAG: days[0]})
    assert set(evaluated(result)) == {("logs", "checksum", days[0])}


def test_a_change_behind_our_back_is_found_by_the_check_it_concerns(
    project: Project, sql: RunSql, days: list[str]
) -> None:
    project.run(span=(days[0], days[-1]))
    file_of(project, days[0]).unlink()
    sql(project.settings.source.conninfo, "alter table log_entries add column extra int")
    late = f"insert into log_entries (id, timestamp, message) values (9999999, '{days[1]} 12:00', 'late')"
    sql(project.settings.source.conninfo, late)
    found = evaluated(check(project, days[0]))
    assert {name for (asset, name, _), record in found.items() if asset == "logs" and not record.passed} == {
        "schema",
        "reconciliation",
        "checksum",
    }
    second = evaluated(check(project, days[1]))
    assert "not exported: extra" in str(second["logs", "schema", days[1]].description)
    assert second["logs", "schema", days[1]].severity is AssetCheckSeverity.WARN
    note = second["logs", "reconciliation", days[1]]
    assert note.passed
    assert "the source has changed since" in str(note.description)
    assert note.metadata["rows_written_since"].value == 1


def test_broken_quality_shows_values_bounds_and_masked_examples_even_later(
    project: Project, sql: RunSql, days: list[str]
) -> None:
    source = project.settings.source.conninfo
    sql(source, f"update ip_addresses set country = 'xx' where first_seen::date = '{days[0]}'")
    assert project.run("ips", partition=days[0]).success
    record = evaluated(check(project, days[0], "ips"))["ips", "quality", days[0]]
    assert (record.passed, record.severity) == (False, AssetCheckSeverity.WARN)
    assert "validity is 0, expected validity ≥ 0.95: column 'country' breaks" in str(record.description)
    shown = str(record.metadata["failures"].value)
    assert shown.count("| country |") == 3
    assert "xx" in shown
    assert "•••" in shown
    table = record.metadata["quality"]
    assert isinstance(table, TableMetadataValue)
    (validity,) = (row.data for row in table.records if row.data["metric"] == "validity")
    assert validity["verdict"] == "broken (warn)"


def test_a_source_that_is_away_breaks_the_step_and_fails_no_check(
    project: Project, days: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_policy, "FIRST_DELAY_S", 0.01)
    project.run(partition=days[0])
    result = check(project.with_settings(source_url=UNREACHABLE), days[0])
    (message,) = failures(result).values()
    assert "given up after 5 attempts" in message
    assert "s3cret" not in message
    assert retries(result) == 4
    assert {asset for asset, _, _ in evaluated(result)} == {"logs_csv", "logs_json"}


def test_a_failed_check_stops_no_export(project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, "update log_entries set log_level = 'nonsense'")
    result = project.run(partition=days[0])
    assert result.success
    assert ("logs", "quality", days[0]) in failed(evaluated(result).values())
    assert set(project.materializations(result, "logs_csv")) == {days[0]}


def test_a_run_without_a_partition_says_which_job_has_them(project: Project) -> None:
    job = project.definitions.resolve_job_def("logs_checks")
    result = job.execute_in_process(instance=project.instance, raise_on_error=False)
    messages = failures(result)
    assert set(messages) == {"check_logs", "check_logs_csv", "check_logs_json"}
    assert all("launch the job logs_checks for one" in message for message in messages.values())


def test_the_check_job_has_the_partitions_of_the_export_job(project: Project) -> None:
    ours, theirs = (project.definitions.resolve_job_def(f"logs_{kind}") for kind in ("checks", "job"))
    assert ours.partitions_def == theirs.partitions_def is not None


def check(project: Project, day: str, dataset: str = "logs") -> ExecuteInProcessResult:
    """Run the checks of one partition, and nothing else."""
    job = project.definitions.resolve_job_def(f"{dataset}_checks")
    return job.execute_in_process(instance=project.instance, partition_key=day, raise_on_error=False)


def evaluated(result: ExecuteInProcessResult) -> dict[tuple[str, str, str], AssetCheckEvaluation]:
    """Return what the run's checks of partitions found, by asset, check and partition: once each."""
    records = [one for one in result.get_asset_check_evaluations() if one.partition]
    found = {(one.asset_key.path[-1], one.check_name, str(one.partition)): one for one in records}
    assert len(found) == len(records)
    return found


def failed(records: Iterable[AssetCheckEvaluation]) -> dict[tuple[str, str, str], str]:
    return {
        (one.asset_key.path[-1], one.check_name, str(one.partition)): str(one.description)
        for one in records
        if not one.passed
    }


def file_of(project: Project, day: str) -> Path:
    return Path(project.settings.root, f"logs/parquet/date={day}/data.parquet")


def altered_file(project: Project, day: str) -> None:
    """Change one byte of the published file."""
    content = bytearray(file_of(project, day).read_bytes())
    content[len(content) // 3] ^= 1
    file_of(project, day).write_bytes(content)
