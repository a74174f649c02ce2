"""What a materialization shows: figures, charts, tables, where the file is, a few rows without personal data."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from dagster import (
    MarkdownMetadataValue,
    MetadataValue,
    PathMetadataValue,
    TableMetadataValue,
    TableSchema,
    serialize_value,
)

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.defs.metadata import materialization_metadata
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project, failures, figures
from export_pipeline_tests.flows.running import Exporter


def test_the_figures_are_those_of_the_manifest(project: Project, days: list[str]) -> None:
    (record,) = project.materializations(project.run(partition=days[0]), "logs").values()
    facts, manifest = figures(record), project.manifests()[f"date={days[0]}"]
    for name in ("row_count", "source_count", "invalid_count", "quarantined_count", "bytes"):
        assert facts[name] == getattr(manifest, name)
    assert facts["dagster/partition_row_count"] == manifest.row_count > 0
    seconds = (manifest.finished_at - manifest.started_at).total_seconds()
    assert facts["seconds"] == round(seconds, 3)
    assert facts["rows_per_s"] == round(manifest.row_count / seconds)


def test_the_seconds_of_each_stage_are_numbers_to_plot(project: Project, days: list[str]) -> None:
    (record,) = project.materializations(project.run(partition=days[0]), "logs").values()
    facts, stages = figures(record), project.manifests()[f"date={days[0]}"].stages
    for name in ("extract", "validate", "write"):
        assert facts[f"seconds_{name}"] == stages[name] > 0
    transforms = [transform.name for transform in DATASETS["logs"].transforms]
    assert facts["transforms_s"] == {name: stages[name] for name in transforms}
    assert facts["seconds_transforms"] == pytest.approx(sum(stages[name] for name in transforms), abs=1e-3)


def test_quality_is_a_table_against_its_bounds_and_numbers_to_plot(project: Project, days: list[str]) -> None:
    (record,) = project.materializations(project.run(partition=days[0], assets=["logs"]), "logs").values()
    facts, quality = figures(record), project.manifests()[f"date={days[0]}"].quality
    assert quality is not None
    shares = {name: value for name, value in quality.items() if isinstance(value, float)}
    assert {f"quality_{name}": value for name, value in shares.items()}.items() <= facts.items()
    table = record.metadata["quality"]
    assert isinstance(table, TableMetadataValue)
    (completeness, *_) = (dict(row.data) for row in table.records)
    assert completeness == {"metric": "completeness", "value": 1.0, "bound": "≥ 1", "verdict": "kept"}
    assert len(shares) >= 5


@pytest.mark.parametrize(("dataset", "by"), [("logs", "log_level"), ("anomalies", "anomaly_type"), ("ips", "country")])
def test_every_format_has_charts_that_are_shown_at_once(
    project: Project, days: list[str], dataset: str, by: str
) -> None:
    result = project.run(dataset, partition=days[0])
    for asset in (dataset, f"{dataset}_csv", f"{dataset}_json"):
        (record,) = project.materializations(result, asset).values()
        for name in ("chart_over_time", f"chart_by_{by}"):
            chart = record.metadata[name]
            assert isinstance(chart, MarkdownMetadataValue)
            assert str(chart.md_str).startswith("![rows ")
            assert len(str(chart.md_str)) < 1_000


def test_an_hourly_partition_is_charted_in_minutes(project: Project, days: list[str]) -> None:
    hourly = project.with_settings(partition_grain="hour")
    (record,) = hourly.materializations(hourly.run(partition=f"{days[0]}T12", assets=["logs"]), "logs").values()
    assert str(figures(record)["chart_over_time"]).startswith("![rows in a minute]")


def test_places_are_paths_to_paste(project: Project, days: list[str]) -> None:
    result = project.run(partition=days[0], config={"on_invalid": "quarantine", "validation_level": "strict"})
    (record,) = project.materializations(result, "logs").values()
    for name in ("uri", "manifest", "quarantine"):
        place = record.metadata[name]
        assert isinstance(place, PathMetadataValue)
        assert f"date={days[0]}" in str(place.path)
        assert Path(str(place.path)).is_file()
    rejected = Path(str(figures(record)["quarantine"])).read_bytes()
    assert rejected.count(b"\n") == figures(record)["quarantined_count"] > 0
    (derived,) = project.materializations(result, "logs_csv").values()
    assert "quarantine" not in derived.metadata


def test_what_it_says_to_read_the_file_with_reads_it(project: Project, days: list[str]) -> None:
    result = project.run(partition=days[0])
    for asset in ("logs", "logs_csv", "logs_json"):
        (record,) = project.materializations(result, asset).values()
        _, pandas, duckdb, polars, _ = str(figures(record)["read_it"]).splitlines()
        assert all(str(figures(record)["uri"]) in line for line in (pandas, duckdb, polars))
        assert (pandas[:14], duckdb[:14], polars[:14]) == ("import pandas;", "SELECT * FROM ", "import polars;")


def test_a_range_run_shows_each_partition_its_own(project: Project, days: list[str]) -> None:
    records = project.materializations(project.run(span=(days[0], days[-1]), assets=["logs"]), "logs")
    for day, record in records.items():
        facts = figures(record)
        assert pl.read_parquet(facts["uri"], hive_partitioning=False).height == facts["row_count"]
        assert f"date={day}" in facts["manifest"]
    for name in ("sample", "bytes", "manifest"):
        assert len({repr(figures(record)[name]) for record in records.values()}) == len(days)


def test_a_place_that_is_no_folder_is_a_link(source_url: str, tmp_path: Path) -> None:
    there = "s3://exports/logs/parquet/date=2026-11-20/data.parquet"
    outcome = replace(Exporter(source_url, tmp_path).run(), uri=there)
    metadata = materialization_metadata(outcome, DATASETS["logs"])
    assert metadata["uri"] == MetadataValue.url(there)
    assert f'pandas.read_parquet("{there}")' in str(metadata["read_it"].value)


def test_every_entry_is_described(project: Project, days: list[str]) -> None:
    described = (Path(__file__).parents[2] / "docs" / "materialization-metadata.md").read_text(encoding="utf-8")
    result = project.run(partition=days[0], config={"on_invalid": "quarantine", "validation_level": "strict"})
    for asset in ("logs", "logs_csv"):
        (record,) = project.materializations(result, asset).values()
        names = {name.replace("chart_by_log_level", "chart_by_…") for name in record.metadata}
        assert {name for name in names if f"`{name}`" not in described} == set()


def test_an_event_stays_small(project: Project, days: list[str]) -> None:
    (record,) = project.materializations(project.run(partition=days[0], assets=["logs"]), "logs").values()
    assert len(serialize_value(record)) < 40_000


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
    assert not [name for name in facts if name.startswith("chart")]
    quality = project.materializations(result, "ips")[days[0]].metadata["quality"]
    assert isinstance(quality, TableMetadataValue)
    assert {row.data["verdict"] for row in quality.records} == {"not measured"}


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
