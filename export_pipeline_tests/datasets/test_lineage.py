"""Where published columns come from: followed through every transform, by the names of the source."""

from dataclasses import replace

import pyarrow as pa
import pytest

from export_pipeline.datasets.columns import DerivedColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.lineage import ColumnOrigin, column_origins, side_tables
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.names import TableName
from export_pipeline.transforms.flatten_json import FlattenJson, JsonField

LOGS = DATASETS["logs"]
EACH = pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))


def origins(dataset: Dataset, column: str) -> set[str]:
    return {str(origin) for origin in column_origins(dataset)[column]}


@pytest.mark.parametrize(
    ("column", "made_of"),
    [
        ("message", {"log_entries.message"}),
        ("timestamp", {"log_entries.timestamp"}),
        ("syslog_severity", {"log_entries.log_level"}),
        ("syslog_host", {"log_entries.raw_message"}),
        ("mentioned_addresses", {"log_entries.message"}),
        ("structured_data_priority", {"log_entries.structured_data"}),
        ("device_host", {"log_entries.device_ip"}),
        ("device_name", {"log_entries.device_id", "devices.name"}),
    ],
)
def test_a_column_is_followed_to_the_source(column: str, made_of: set[str]) -> None:
    assert origins(LOGS, column) == made_of


@EACH
def test_every_published_column_comes_from_somewhere(dataset: Dataset) -> None:
    found = column_origins(dataset)
    assert list(found) == dataset.published_schema.names
    assert all(found.values())


def test_what_is_made_of_a_made_column_is_followed_further() -> None:
    further = FlattenJson(column="device_name", fields=(JsonField("x"),))
    added = DerivedColumn("device_name_x", pa.string(), "x")
    chained = replace(LOGS, transforms=(*LOGS.transforms, further), derived=(*LOGS.derived, added))
    assert origins(chained, "device_name_x") == origins(LOGS, "device_name")


def test_the_source_is_called_by_its_own_names() -> None:
    renamed = LOGS.renamed(TableName("entries", "ops"), {"log_level": "level"})
    assert origins(renamed, "log_level") == origins(renamed, "syslog_severity") == {"ops.entries.level"}


def test_side_tables_are_known_by_the_transform_that_reads_them() -> None:
    assert {name: lookup.table for name, lookup in side_tables(LOGS).items()} == {"enrich_context": "devices"}
    assert side_tables(DATASETS["ips"]) == {}


@EACH
def test_text_made_of_a_personal_column_is_marked_personal(dataset: Dataset) -> None:
    """A number or a flag may say something of a person's data; a text made of it may repeat it."""
    personal = {ColumnOrigin(dataset.table, one.selected.source_name) for one in dataset.columns if one.personal}
    found = column_origins(dataset)
    for column in dataset.derived:
        kind = column.type.value_type if pa.types.is_list(column.type) else column.type
        if pa.types.is_string(kind) and found[column.name] & personal:
            assert column.personal, column.name


def test_related_columns_are_those_of_the_other_table() -> None:
    assert origins(LOGS.with_relations(["device"]), "device__ip_address") == {"devices.ip_address"}
