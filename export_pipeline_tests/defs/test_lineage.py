"""Columns in Dagster: declared with what they are made of, and drawn from asset to asset."""

from collections.abc import Sequence

import pytest
from dagster import AssetKey, TableColumn, TableColumnLineage, TableSchema

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.definitions import build_definitions
from export_pipeline.defs.lineage import column_metadata, lineage_metadata
from export_pipeline.extract.names import TableName
from export_pipeline.settings import Settings
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline_tests.defs.project import Project, failures, figures

LOGS = DATASETS["logs"]
PARQUET, CSV = FORMATS["parquet"], FORMATS["csv"]


def dependencies(name: str, metadata: object) -> set[str]:
    assert isinstance(metadata, TableColumnLineage)
    return {f"{one.asset_key.to_user_string()}.{one.column_name}" for one in metadata.deps_by_column[name]}


def test_parquet_is_made_of_the_sources_tables_and_csv_of_parquet() -> None:
    parquet, csv = (lineage_metadata(LOGS, fmt)["dagster/column_lineage"].value for fmt in (PARQUET, CSV))
    assert dependencies("syslog_severity", parquet) == {"source/log_entries.log_level"}
    assert dependencies("device_name", parquet) == {"source/log_entries.device_id", "source/devices.name"}
    assert dependencies("device_name", csv) == {"logs.device_name"}


def declared(dataset: Dataset) -> Sequence[TableColumn]:
    schema = column_metadata(dataset, PARQUET)["dagster/column_schema"].value
    assert isinstance(schema, TableSchema)
    return schema.columns


@pytest.mark.parametrize("name", DATASETS)
def test_every_column_leads_to_one_that_its_upstream_asset_declares(name: str, settings: Settings) -> None:
    graph = build_definitions(settings).resolve_asset_graph()
    for asset in (name, f"{name}_csv", f"{name}_json"):
        node = graph.get(AssetKey(asset))
        lineage = node.metadata["dagster/column_lineage"].value
        assert list(lineage.deps_by_column) == DATASETS[name].published_schema.names
        for one in (one for several in lineage.deps_by_column.values() for one in several):
            assert one.asset_key in node.parent_keys
            above = graph.get(one.asset_key).metadata["dagster/column_schema"].value
            assert one.column_name in {column.name for column in above.columns}


def test_every_record_of_a_partition_carries_the_lineage(project: Project, days: list[str]) -> None:
    result = project.run(partition=days[0], assets=["logs", "logs_csv"])
    assert failures(result) == {}
    for asset, fmt in (("logs", PARQUET), ("logs_csv", CSV)):
        facts = figures(project.materializations(result, asset)[days[0]])
        assert facts["dagster/column_lineage"] == lineage_metadata(LOGS, fmt)["dagster/column_lineage"].value


def test_a_column_that_comes_from_elsewhere_is_tagged_with_its_origin() -> None:
    renamed = LOGS.renamed(TableName("entries", "ops"), {"message": "msg"})
    tags = {column.name: column.tags for column in declared(renamed)}
    assert tags["id"] == {}
    assert tags["message"] == {"from": "ops.entries.msg"}
    assert tags["device_name"] == {"from": "devices.name, ops.entries.device_id"}


def test_a_personal_column_is_tagged_so() -> None:
    assert [column.name for column in declared(DATASETS["ips"]) if "personal" in column.tags] == ["address"]


def test_the_declared_columns_are_those_of_the_published_file() -> None:
    columns = {column.name: column for column in declared(LOGS)}
    assert list(columns) == LOGS.published_schema.names
    assert columns["structured_data"].type == "json"
    assert columns["device_name"].description == "The device's name at the time of the export"
