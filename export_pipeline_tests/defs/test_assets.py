"""The assets: the graph that the UI draws, what it says about each, and how the formats hang together."""

import pytest
from dagster import AssetKey, GraphDefinition, OpDefinition

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.definitions import build_definitions
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project, failures

UNREACHABLE = "postgresql://reader:secret@127.0.0.1:1/nowhere"


@pytest.mark.parametrize("name", DATASETS)
def test_the_graph_shows_each_step_and_each_transform_by_its_name(name: str, settings: Settings) -> None:
    graph = build_definitions(settings).resolve_assets_def(name).node_def
    assert isinstance(graph, GraphDefinition)
    names = [node.name for node in graph.nodes_in_topological_order]
    assert names == ["extract", "validate", *(step.name for step in DATASETS[name].transforms), "publish"]


def test_an_asset_says_what_it_is_in_the_ui(settings: Settings) -> None:
    asset = build_definitions(settings).resolve_assets_def("logs")
    spec = asset.get_asset_spec(AssetKey("logs"))
    assert spec.group_name == "logs"
    assert spec.kinds == {"postgres", "parquet"}
    assert spec.metadata["table"] == "log_entries"
    assert "Device logs" in str(spec.description)
    assert spec.owners == ["team:network-monitoring"]
    assert spec.tags["dataset"] == "logs"
    assert asset.partitions_def is not None
    assert asset.backfill_policy is not None
    assert asset.backfill_policy.max_partitions_per_run == 30


def test_the_same_transform_says_in_each_graph_what_it_does_there(settings: Settings) -> None:
    definitions = build_definitions(settings)
    said = {}
    for name in ("logs", "ips"):
        graph = definitions.resolve_assets_def(name).node_def
        assert isinstance(graph, GraphDefinition)
        said[name] = str(graph.node_dict["normalize_address"].definition.description)
    assert "`device_ip`" in said["logs"]
    assert "`address`" in said["ips"]


def test_each_format_waits_for_its_parquet(settings: Settings) -> None:
    definitions = build_definitions(settings)
    for name in ("logs_csv", "logs_json"):
        assert definitions.resolve_assets_def(name).asset_deps[AssetKey(name)] == {AssetKey("logs")}


def test_the_steps_that_carry_load_are_pooled(settings: Settings) -> None:
    definitions = build_definitions(settings)
    graph = definitions.resolve_assets_def("logs").node_def
    derived = definitions.resolve_assets_def("logs_csv").node_def
    assert isinstance(graph, GraphDefinition)
    assert isinstance(derived, OpDefinition)
    assert graph.node_dict["publish"].definition.pools == {"source_db"}
    assert derived.pool == "destination"


def test_a_dataset_and_a_format_can_be_switched_off(settings: Settings) -> None:
    off = {"ips": {"enabled": False}, "anomalies": {"enabled": False}}
    few = Settings.load(source_url=settings.source.conninfo, formats=("jsonl",), datasets=off)
    keys = build_definitions(few).resolve_asset_graph().materializable_asset_keys
    assert {key.to_user_string() for key in keys} == {"health", "logs", "logs_jsonl"}


def test_one_dataset_may_be_cut_into_hours_while_the_others_keep_their_days(project: Project, days: list[str]) -> None:
    own = {"logs": {"partition_grain": "hour", "formats": "jsonl"}}
    mixed = project.with_settings(datasets=own)
    hour = f"{days[1]}T07"
    for dataset, key in (("logs", hour), ("ips", days[1])):
        assert failures(mixed.run(dataset, partition=key)) == {}
    assert {fmt: list(mixed.manifests("logs", fmt)) for fmt in ("parquet", "csv", "jsonl")} == {
        "parquet": [f"hour={hour}"],
        "csv": [],
        "jsonl": [f"hour={hour}"],
    }
    assert list(mixed.manifests("ips")) == list(mixed.manifests("ips", "csv")) == [f"date={days[1]}"]
    schedules = {one.name: one for one in mixed.definitions.get_repository_def().schedule_defs}
    assert schedules["logs_closed_partition"].cron_schedule == "10 * * * *"
    assert schedules["ips_closed_partition"].cron_schedule == "10 0 * * *"


def test_the_other_formats_are_made_of_the_published_parquet_alone(project: Project, days: list[str]) -> None:
    assert project.run(partition=days[0], assets=["logs"]).success
    offline = project.with_settings(source_url=UNREACHABLE)
    result = offline.run(partition=days[0], assets=["logs_csv", "logs_json"])
    assert failures(result) == {}
    made = {fmt: project.manifests(fmt=fmt)[f"date={days[0]}"] for fmt in ("parquet", "csv", "json")}
    assert {manifest.row_count for manifest in made.values()} == {made["parquet"].row_count}
    assert made["csv"].source_export_id == made["json"].source_export_id == made["parquet"].run_id
    assert made["csv"].snapshot == made["parquet"].snapshot


def test_a_run_of_all_formats_reads_the_source_no_more_than_parquet_alone(
    project: Project, sql: RunSql, days: list[str]
) -> None:
    def scans() -> int:
        query = "select seq_scan + idx_scan from pg_stat_user_tables where relname = 'log_entries'"
        ((counted,),) = sql(project.settings.source.conninfo, query)
        return int(counted)

    begun = scans()
    assert project.run(partition=days[1]).success
    middle = scans()
    assert project.run(partition=days[1], assets=["logs"]).success
    assert middle - begun == scans() - middle > 0


def test_a_format_whose_parquet_is_not_there_says_what_to_do(project: Project, days: list[str]) -> None:
    result = project.run(partition=days[0], assets=["logs_csv"])
    (message,) = failures(result).values()
    assert "export logs as Parquet first" in message
    assert project.materializations(result, "logs_csv") == {}
