"""Relations: declared soundly, following settings, and shaping nothing of an export that does not ask for them."""

import pickle
from dataclasses import replace

import pyarrow as pa
import pytest

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.devices import DEVICE
from export_pipeline.datasets.registry import DATASETS, by_name
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.selection import SpecialTimes
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.write import hints

LOGS, ANOMALIES = DATASETS["logs"], DATASETS["anomalies"]
INSTANT = pa.timestamp("us", "UTC")


def test_a_plan_of_related_rows_gives_what_is_declared() -> None:
    dataset = ANOMALIES.with_relations(["device", "log_entry", "device"])
    plan = ExportPlan.whole(dataset, BatchLimits(), CheckPolicy())
    assert plan.published_schema.equals(dataset.published_schema, check_metadata=True)
    related = [field.name for field in plan.published_schema if hints.relation(field)]
    assert related[: len(DEVICE.names)] == list(DEVICE.names)
    assert len(related) == len(DEVICE.columns) + len(LOGS.columns)
    assert plan.published_schema.field("log_entry__pushed_at").type == INSTANT
    assert hints.is_json(plan.published_schema.field("log_entry__structured_data"))
    assert pickle.loads(pickle.dumps(dataset)).fingerprint == dataset.fingerprint


def test_relations_that_are_not_asked_for_shape_nothing() -> None:
    assert replace(ANOMALIES, relations=()).fingerprint == ANOMALIES.fingerprint
    assert ANOMALIES.with_relations([]) == ANOMALIES
    assert ANOMALIES.with_relations(["device"]).fingerprint != ANOMALIES.fingerprint
    moved = replace(ANOMALIES, relations=(replace(DEVICE, table=TableName("inventory")),))
    assert moved.with_relations(["device"]).fingerprint != ANOMALIES.with_relations(["device"]).fingerprint


def test_an_unknown_relation_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="dataset anomalies has no relation devices; it has log_entry, device"):
        ANOMALIES.with_relations(["devices"])


def test_a_name_that_is_taken_is_refused() -> None:
    taken = replace(LOGS, columns=(*LOGS.columns, SourceColumn("device__id", "int4", "Another one")))
    with pytest.raises(ConfigError, match="dataset logs has columns device__id; rename the relation"):
        taken.with_relations(["device"])


def test_a_relation_goes_by_columns_that_there_are() -> None:
    with pytest.raises(ConfigError, match="relation device: key 'number' is none of its columns: id, name"):
        replace(DEVICE, key="number")
    with pytest.raises(ConfigError, match="dataset logs: relations names nothing; its columns are"):
        replace(LOGS, relations=(replace(DEVICE, column="nothing"),))


def test_personal_columns_stay_personal_beside_other_rows() -> None:
    personal = tuple(replace(column, personal=column.name == "name") for column in DEVICE.columns)
    dataset = replace(LOGS, relations=(replace(DEVICE, columns=personal),))
    assert dataset.with_relations(["device"]).personal_columns == dataset.personal_columns | {"device__name"}


def test_times_are_read_in_the_zone_of_their_own_dataset() -> None:
    berlin = ANOMALIES.in_zone("Europe/Berlin").following({"logs": LOGS.in_zone("Asia/Tokyo")})
    added = berlin.with_relations(["log_entry", "device"]).transforms[len(berlin.transforms) :]
    assert [(one.zone, one.columns[0]) for one in added if isinstance(one, StandardizeTimestamps)] == [
        ("Asia/Tokyo", "log_entry__timestamp"),
        ("Europe/Berlin", "device__created_at"),
    ]


def test_times_that_are_published_as_text_stay_as_they_are() -> None:
    timeless = replace(LOGS, transforms=(), retyped={}, derived=(), special_times=SpecialTimes.TEXT)
    plan = ExportPlan.whole(timeless.with_relations(["device"]), BatchLimits(), CheckPolicy())
    assert plan.published_schema.field("device__created_at").type == pa.string()


def test_an_unknown_column_of_a_side_table_is_refused_still() -> None:
    with pytest.raises(ConfigError, match="the column map of devices names nme"):
        LOGS.joined_with(None, {"nme": "label"})


@pytest.mark.parametrize("lacking", [{"key": ()}, {"time_column": None}])
def test_what_is_exported_by_partition_declares_its_time_and_its_key(lacking: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="dataset logs is exported by partition; declare its time_column and its key"):
        by_name(replace(LOGS, **lacking))  # type: ignore[arg-type] # one of two fields
