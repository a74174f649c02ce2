"""The source's tables in the asset graph: there to be seen, with their columns, and never to be run."""

from dataclasses import replace

from dagster import AssetKey, AssetSpec, GraphDefinition

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.definitions import build_definitions
from export_pipeline.defs.source_assets import source_assets, table_input, table_key
from export_pipeline.extract.names import TableName
from export_pipeline.settings import Settings

LOGS, ANOMALIES = DATASETS["logs"], DATASETS["anomalies"]


def columns(spec: AssetSpec) -> dict[str, str]:
    return {column.name: column.type for column in spec.metadata["dagster/column_schema"].value.columns}


def test_each_table_is_there_once_and_says_who_reads_it() -> None:
    specs = {spec.key.to_user_string(): spec for spec in source_assets(list(DATASETS.values()))}
    assert list(specs) == ["source/log_entries", "source/devices", "source/anomaly_records", "source/ip_addresses"]
    assert str(specs["source/devices"].description).endswith("read by logs, anomalies.")
    assert all(spec.kinds == {"postgres", "table"} for spec in specs.values())


def test_a_table_has_the_columns_that_are_read_by_its_own_names_and_types() -> None:
    entries, devices = source_assets([LOGS.renamed(TableName("entries", "ops"), {"message": "msg"})])
    assert entries.key == AssetKey(["source", "ops", "entries"])
    assert columns(entries)["msg"] == "text"
    assert columns(entries)["structured_data"] == "json"
    assert len(columns(entries)) == len(LOGS.columns)
    assert list(columns(devices)) == ["id", "name"]


def test_datasets_that_share_a_table_share_its_asset() -> None:
    half = replace(LOGS, name="half", columns=LOGS.columns[:5], retyped={}, transforms=(), derived=())
    (shared,) = source_assets([half, replace(half, name="whole", columns=LOGS.columns[:7])])
    assert list(columns(shared)) == [column.name for column in LOGS.columns[:7]]


def test_no_run_materializes_a_table(settings: Settings) -> None:
    graph = build_definitions(settings).resolve_asset_graph()
    for table in ("log_entries", "devices"):
        assert graph.get(AssetKey(["source", table])).is_external


def test_the_graph_shows_which_step_reads_which_table(settings: Settings) -> None:
    graph = build_definitions(settings).resolve_assets_def("logs").node_def
    assert isinstance(graph, GraphDefinition)
    mapped = {(mapping.graph_input_name, mapping.mapped_node_name) for mapping in graph.input_mappings}
    assert mapped == {("source_log_entries", "extract"), ("source_devices", "enrich_context")}


def test_a_dataset_that_is_switched_off_leaves_no_table_behind(settings: Settings) -> None:
    off = {"ips": {"enabled": False}, "anomalies": {"enabled": False}}
    few = Settings.load(source_url=settings.source.conninfo, datasets=off)
    graph = build_definitions(few).resolve_asset_graph()
    assert {key.path[-1] for key in graph.external_asset_keys} == {"log_entries", "devices"}


def test_an_odd_name_of_a_table_is_no_odd_name_of_an_input(settings: Settings) -> None:
    odd = TableName.parse('"my ops"."log.entries é"')
    assert table_input(odd).isidentifier()
    assert table_key(odd).path == ["source", "my ops", "log.entries é"]
    table = '"my ops"."log.entries é"'
    definitions = build_definitions(
        Settings.load(source_url=settings.source.conninfo, datasets={"logs": {"table": table}})
    )
    assert table_key(odd) in definitions.resolve_asset_graph().get(AssetKey("logs")).parent_keys
