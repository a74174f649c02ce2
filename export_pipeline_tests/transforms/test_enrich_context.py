import pickle

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline.transforms.side_table import JoinedColumn
from export_pipeline.transforms.transform import Lookup

DEVICES = Lookup("devices", ("id", "name"))
NAME = JoinedColumn("name", "device_name")
ENRICH = EnrichContext("device_id", DEVICES, (NAME,))
ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["core", None]})
BATCH = pa.record_batch({"device_id": pa.array([2, 1, None, 9, 1], pa.int32())})


def test_rows_get_their_match_and_null_without_one() -> None:
    asked: list[Lookup] = []

    def read(lookup: Lookup) -> pa.Table:
        asked.append(lookup)
        return ROWS

    join = ENRICH.prepare(read)
    assert join(BATCH)["device_name"].to_pylist() == [None, "core", None, None, "core"]
    assert join(BATCH.slice(1, 1))["device_name"].to_pylist() == ["core"]
    assert asked == [DEVICES]


def test_joining_needs_the_side_table_first() -> None:
    with pytest.raises(TransformError, match=r"devices has not been read. Call prepare"):
        ENRICH.apply(BATCH)


def test_function_of_prepare_survives_pickling() -> None:
    join = pickle.loads(pickle.dumps(ENRICH.prepare(lambda _: ROWS)))
    assert join(BATCH).equals(ENRICH.prepare(lambda _: ROWS)(BATCH))


def test_key_without_a_lookup_is_refused() -> None:
    with pytest.raises(ConfigError, match="key 'device_id' is given without a lookup"):
        EnrichContext("device_id", outputs=(NAME,)).output_schema(BATCH.schema)


def test_output_that_the_lookup_does_not_read_is_refused() -> None:
    unread = EnrichContext("device_id", DEVICES, (JoinedColumn("vendor", "vendor"),))
    with pytest.raises(ConfigError, match=r"wants column 'vendor', .* reads only: id, name"):
        unread.output_schema(BATCH.schema)


def test_unknown_output_type_is_refused() -> None:
    odd = EnrichContext("device_id", DEVICES, (JoinedColumn("name", "device_name", "text"),))
    with pytest.raises(ConfigError, match=r"output 'device_name' has type 'text'; allowed: string, int64"):
        odd.output_schema(BATCH.schema)


def test_it_may_read_another_table_and_columns_of_other_names() -> None:
    there = ENRICH.reading("ops.inventory", {"id": "number", "name": "label"})
    assert there.lookup == Lookup("ops.inventory", ("number", "label"))
    rows = ROWS.rename_columns(["number", "label"])
    assert there.prepare(lambda _: rows)(BATCH).equals(ENRICH.prepare(lambda _: ROWS)(BATCH))


def test_a_map_of_columns_that_are_not_joined_is_refused() -> None:
    with pytest.raises(ConfigError, match="column map of devices names colour; its columns are id, name"):
        ENRICH.reading(None, {"colour": "color"})
