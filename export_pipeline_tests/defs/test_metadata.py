"""What a materialization shows: figures, schema, where the file is, a few rows without personal data."""

import json

import pytest
from dagster import TableMetadataValue, TableSchema

from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project, failures, figures


def test_the_figures_are_those_of_the_manifest(project: Project, days: list[str]) -> None:
    (record,) = project.materializations(project.run(partition=days[0]), "logs").values()
    facts, manifest = figures(record), project.manifests()[f"date={days[0]}"]
    for name in ("row_count", "source_count", "invalid_count", "quarantined_count", "bytes"):
        assert facts[name] == getattr(manifest, name)
    assert facts["dagster/partition_row_count"] == manifest.row_count > 0
    seconds = (manifest.finished_at - manifest.started_at).total_seconds()
    assert facts["seconds"] == round(seconds, 3)
    assert facts["rows_per_s"] == round(manifest.row_count / seconds)
    assert facts["uri"].startswith("file:///")
    assert facts["quality"]["completeness"] == manifest.quality["completeness"]  # type: ignore[index] # checked
    assert set(facts["stages_s"]) >= {"extract", "validate", "clean_message", "write"}


def test_the_schema_is_shown_with_descriptions_and_json_by_its_name(project: Project, days: list[str]) -> None:
    (record,) = project.materializations(project.run(partition=days[0]), "logs").values()
    schema = figures(record)["dagster/column_schema"]
    assert isinstance(schema, TableSchema)
    columns = {column.name: column for column in schema.columns}
    assert columns["structured_data"].type == "json"
    assert columns["timestamp"].type == "timestamp[us, tz=UTC]"
    assert columns["timestamp"].description == "When the device wrote it, in UTC"


def test_sample_rows_are_five_with_long_text_cut(project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, "update log_entries set message = repeat('é', 500)")
    rows = sample(project, "logs", days[0])
    assert len(rows) == 5
    assert {row["message"] for row in rows} == {"é" * 79 + "…"}
    assert str(rows[0]["timestamp"]).startswith(days[0])


def test_personal_values_are_masked_in_the_sample(project: Project, days: list[str]) -> None:
    rows = sample(project, "ips", days[0])
    assert {row["address"] for row in rows} == {"•••"}
    assert any(row["country"] not in {"•••", None} for row in rows)


@pytest.mark.parametrize("confidence", ["NaN", "Infinity"])
def test_every_sample_row_is_json_that_a_browser_reads(
    project: Project, sql: RunSql, days: list[str], confidence: str
) -> None:
    sql(project.settings.source.conninfo, f"update anomaly_records set confidence = '{confidence}'")
    text = json.dumps(sample(project, "anomalies", days[0]), allow_nan=False)
    assert confidence.lower()[:3] in text


def test_failed_checks_are_a_table_that_no_value_breaks(project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, "update log_entries set log_level = E'a|b\\n`c` <d>'")
    (record,) = project.materializations(project.run(partition=days[0], assets=["logs"]), "logs").values()
    lines = figures(record)["failures"].splitlines()
    assert lines[0] == "| column | check | value | key |"
    level = next(line for line in lines if line.startswith(r"| log\_level |"))
    assert r"a\|b \`c\` \<d\>" in level
    assert level.count(" | ") == 3


def test_a_personal_key_is_masked_among_the_failures(project: Project, sql: RunSql, days: list[str]) -> None:
    source = project.settings.source.conninfo
    sql(source, f"delete from ip_addresses where first_seen::date = '{days[0]}'")
    sql(
        source,
        "insert into ip_addresses (address, first_seen, country)"
        f" select '203.0.113.0'::inet + n, '{days[0]} 12:00+00', 'xx' from generate_series(1, 5) n",
    )
    (record,) = project.materializations(project.run("ips", partition=days[0], assets=["ips"]), "ips").values()
    shown = figures(record)["failures"]
    assert shown.count("| country |") == 5
    assert "xx" in shown
    assert "203.0.113" not in shown


def test_a_partition_without_rows_has_figures_too(project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, f"delete from ip_addresses where first_seen::date = '{days[0]}'")
    result = project.run("ips", partition=days[0])
    assert failures(result) == {}
    facts = figures(project.materializations(result, "ips")[days[0]])
    assert (facts["row_count"], facts["rows_per_s"], facts["failures"]) == (0, 0, "none")


def test_what_the_export_warns_of_is_said(project: Project, sql: RunSql, days: list[str]) -> None:
    sql(project.settings.source.conninfo, "alter table ip_addresses add extra int")
    (record,) = project.materializations(project.run("ips", partition=days[0], assets=["ips"]), "ips").values()
    assert "columns that are not exported: extra" in figures(record)["warnings"]


def sample(project: Project, dataset: str, day: str) -> list[dict[str, object]]:
    """Export one day and return the sample rows of its record."""
    (record,) = project.materializations(project.run(dataset, partition=day, assets=[dataset]), dataset).values()
    table = record.metadata["sample"]
    assert isinstance(table, TableMetadataValue)
    return [dict(row.data) for row in table.records]
