"""What every registered transform must hold to, run over each of them with real parameters."""

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.canonicalize_level import CanonicalizeLevel
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline.transforms.compute import Computed, ComputeFields
from export_pipeline.transforms.custom import CustomTransform
from export_pipeline.transforms.description import describe
from export_pipeline.transforms.enrich_context import EnrichContext
from export_pipeline.transforms.extract_metadata import ExtractMetadata
from export_pipeline.transforms.flatten_json import FlattenJson, JsonField
from export_pipeline.transforms.normalize_address import NormalizeAddress
from export_pipeline.transforms.registry import TRANSFORMS
from export_pipeline.transforms.side_table import JoinedColumn
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.transforms.transform import Input, Lookup, Transform

BERLIN = ZoneInfo("Europe/Berlin")
DEVICES = Lookup("devices", ("id", "name"))
DEVICE_ROWS = pa.table({"id": pa.array([1, 2], pa.int64()), "name": ["core", "edge"]})

SAMPLES: dict[str, Transform] = {
    type(sample).name: sample
    for sample in (
        StandardizeTimestamps(("timestamp", "pushed_at"), zone="Europe/Berlin"),
        CanonicalizeLevel("log_level"),
        CleanMessage(("message", "raw_message")),
        ExtractMetadata("raw_message", "message"),
        FlattenJson("structured_data", (JsonField("priority", "int64"), JsonField("a.b", output="deep"))),
        NormalizeAddress("device_ip", host_output="host"),
        EnrichContext("device_id", DEVICES, (JoinedColumn("name", "device_name"),)),
        ComputeFields((Computed("next_id", "device_id+1"), Computed("known", "next_id > 1 and message = raw_message"))),
        CustomTransform("export_pipeline_tests.transforms.own_functions:shout", {"mark": "!"}),
    )
}

# The column to take away, or to give a type that the transform cannot read, and a column it would clash with.
INPUTS = {
    "standardize_timestamps": "pushed_at",
    "canonicalize_level": "log_level",
    "clean_message": "raw_message",
    "extract_metadata": "message",
    "flatten_json": "structured_data",
    "normalize_address": "device_ip",
    "enrich_context": "device_id",
}
OUTPUTS = {
    "canonicalize_level": "syslog_severity",
    "extract_metadata": "syslog_pid",
    "flatten_json": "structured_data_priority",
    "normalize_address": "host",
    "enrich_context": "device_name",
}

SCHEMA = pa.schema(
    [
        pa.field("device_id", pa.int32()),
        pa.field("timestamp", pa.timestamp("us"), nullable=False, metadata={"unit": "us"}),
        pa.field("pushed_at", pa.timestamp("ms", "Europe/Berlin")),
        pa.field("log_level", pa.string(), metadata={"words": "syslog"}),
        pa.field("message", pa.string(), metadata={"personal": "yes"}),
        pa.field("raw_message", pa.string()),
        pa.field("structured_data", pa.string()),
        pa.field("device_ip", pa.string()),
        pa.field("untouched", pa.list_(pa.int64())),
    ],
    metadata={"table": "log_entries"},
)

ROW = st.fixed_dictionaries(
    {
        "device_id": st.none() | st.integers(0, 3),
        "timestamp": st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - naive is the case
        "pushed_at": st.none() | st.integers(0, 10**12),
        "log_level": st.none() | st.sampled_from(["info", " WARN", "Err", "odd", ""]) | st.text(max_size=4),
        "message": st.none() | st.sampled_from(["a  b", "from ::1 to 10.0.0.1:443", "\x1b[1mx", ""]) | st.text(),
        "raw_message": st.none() | st.sampled_from(["<8>Jul  1 04:56:35 RT W: x\n", "<13>1 - h p 7 - -"]) | st.text(),
        "structured_data": st.none() | st.sampled_from(['{"priority": 8}', '{"a": {"b": "x"}}', "{", "[]"]),
        "device_ip": st.none() | st.sampled_from(["10.0.0.1", "fe80::1", "Host.", "10.0.0.0/8", "?", ""]),
        "untouched": st.none() | st.lists(st.integers(0, 9), max_size=2),
    }
)
ROWS = st.lists(ROW, max_size=6)
ANY_TRANSFORM = pytest.mark.parametrize("sample", list(SAMPLES.values()), ids=list(SAMPLES))


def make_batch(rows: list[dict[str, object]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def run(transform: Transform, batch: pa.RecordBatch) -> pa.RecordBatch:
    return transform.prepare(lambda _: DEVICE_ROWS)(batch)


def test_every_registered_transform_is_in_this_suite() -> None:
    assert SAMPLES.keys() == TRANSFORMS.keys()
    assert all(type(SAMPLES[name]) is transform for name, transform in TRANSFORMS.items())


@pytest.mark.parametrize("transform", list(TRANSFORMS.values()), ids=list(TRANSFORMS))
@given(rows=ROWS)
def test_without_parameters_it_is_the_identity(
    transform: Callable[[], Transform], rows: list[dict[str, object]]
) -> None:
    batch = make_batch(rows)
    unchanged = run(transform(), batch)
    assert unchanged.equals(batch, check_metadata=True)
    assert transform().output_schema(SCHEMA).equals(SCHEMA, check_metadata=True)


@ANY_TRANSFORM
@given(rows=ROWS)
def test_apply_gives_exactly_the_declared_schema(sample: Transform, rows: list[dict[str, object]]) -> None:
    result = run(sample, make_batch(rows))
    result.validate(full=True)
    assert result.schema.equals(sample.output_schema(SCHEMA), check_metadata=True)


@ANY_TRANSFORM
@given(rows=ROWS)
def test_rows_keep_their_number_and_order(sample: Transform, rows: list[dict[str, object]]) -> None:
    batch = make_batch(rows)
    result = run(sample, batch)
    assert result.num_rows == len(rows)
    assert result.column("untouched").equals(batch.column("untouched"))


@ANY_TRANSFORM
@given(rows=ROWS, data=st.data())
def test_splitting_a_batch_gives_the_same_rows(
    sample: Transform, rows: list[dict[str, object]], data: st.DataObject
) -> None:
    batch = make_batch(rows)
    cut = data.draw(st.integers(0, len(rows)))
    halves = [run(sample, batch.slice(0, cut)), run(sample, batch.slice(cut))]
    for half in halves:
        half.validate(full=True)
    assert pa.Table.from_batches(halves).to_pylist() == run(sample, batch).to_pylist()


@ANY_TRANSFORM
def test_every_new_column_says_which_columns_it_is_made_of(sample: Transform) -> None:
    made = sample.lineage_over(SCHEMA)
    assert (
        set(sample.output_schema(SCHEMA).names) - set(SCHEMA.names)
        <= made.keys()
        <= set(sample.output_schema(SCHEMA).names)
    )
    assert all(inputs for inputs in made.values())
    inputs = {one for several in made.values() for one in several}
    assert {one.column for one in inputs if one.table is None} <= set(SCHEMA.names)
    assert {one for one in inputs if one.table} <= {Input(column, DEVICES.table) for column in DEVICES.columns}


@ANY_TRANSFORM
@given(rows=ROWS, others=ROWS, changed=st.sampled_from(SCHEMA.names))
def test_a_column_changes_only_with_those_it_is_made_of(
    sample: Transform, rows: list[dict[str, object]], others: list[dict[str, object]], changed: str
) -> None:
    altered = [row | {changed: other[changed]} for row, other in zip(rows, others, strict=False)]
    before, after = run(sample, make_batch(rows[: len(altered)])), run(sample, make_batch(altered))
    for name in before.schema.names:
        if Input(changed) not in sample.lineage_over(SCHEMA).get(name, (Input(name),)):
            assert after.column(name).equals(before.column(name)), name


@ANY_TRANSFORM
@given(rows=ROWS)
def test_a_column_changes_with_a_side_table_only_where_it_says_so(
    sample: Transform, rows: list[dict[str, object]]
) -> None:
    batch, renamed = make_batch(rows), DEVICE_ROWS.set_column(1, "name", pa.array(["x", "y"]))
    before, after = run(sample, batch), sample.prepare(lambda _: renamed)(batch)
    for name in before.schema.names:
        if Input("name", "devices") not in sample.lineage().get(name, ()):
            assert after.column(name).equals(before.column(name)), name


@pytest.mark.parametrize("transform", list(TRANSFORMS.values()), ids=list(TRANSFORMS))
def test_without_parameters_no_column_is_made_of_another(transform: Callable[[], Transform]) -> None:
    assert transform().lineage() == {}


@ANY_TRANSFORM
@given(rows=ROWS)
def test_columns_that_it_does_not_alter_come_out_with_the_same_values(
    sample: Transform, rows: list[dict[str, object]]
) -> None:
    batch, altered = make_batch(rows), sample.alters(SCHEMA.names)
    assert altered <= set(SCHEMA.names)
    result = run(sample, batch)
    for name in set(SCHEMA.names) - altered:
        before, after = batch.column(name), result.column(name)
        if before.type.equals(after.type):
            assert after.equals(before), name
        else:
            same = (_is_same_moment(*pair) for pair in zip(before.to_pylist(), after.to_pylist(), strict=True))
            assert all(same), name


def _is_same_moment(before: datetime | None, after: datetime | None) -> bool:
    """Whether the clocks of Berlin show `before` at `after`, unless they skip it."""
    if before is None or after is None:
        return before is after
    shown = after.astimezone(BERLIN).replace(tzinfo=None)
    local = before.replace(tzinfo=None)
    is_skipped = local.replace(tzinfo=BERLIN).astimezone(UTC).astimezone(BERLIN).replace(tzinfo=None) != local
    return shown == local or is_skipped


@pytest.mark.parametrize("transform", list(TRANSFORMS.values()), ids=list(TRANSFORMS))
def test_without_parameters_no_column_is_altered(transform: Callable[[], Transform]) -> None:
    assert transform().alters(SCHEMA.names) == frozenset()


@ANY_TRANSFORM
def test_columns_of_nulls_stay_null(sample: Transform) -> None:
    nullable = pa.schema([field.with_nullable(True) for field in SCHEMA])  # noqa: FBT003 - Arrow's own signature
    batch = pa.RecordBatch.from_arrays([pa.nulls(3, field.type) for field in nullable], schema=nullable)
    result = run(sample, batch)
    assert all(column.null_count == 3 for column in result.columns)


@ANY_TRANSFORM
def test_input_columns_keep_position_name_and_metadata(sample: Transform) -> None:
    result = sample.output_schema(SCHEMA)
    assert result.names[: len(SCHEMA)] == SCHEMA.names
    assert [field.metadata for field in result][: len(SCHEMA)] == [field.metadata for field in SCHEMA]


@ANY_TRANSFORM
def test_the_input_batch_is_not_changed(sample: Transform) -> None:
    row = {"timestamp": datetime(2024, 1, 1), "message": "a  b", "log_level": "err"}  # noqa: DTZ001 - naive
    batch = make_batch([row])
    before = batch.to_pylist()
    run(sample, batch)
    assert batch.to_pylist() == before


@ANY_TRANSFORM
def test_it_survives_pickling(sample: Transform) -> None:
    assert pickle.loads(pickle.dumps(sample)) == sample
    assert hash(sample) == hash(pickle.loads(pickle.dumps(sample)))


@ANY_TRANSFORM
def test_its_description_survives_json(sample: Transform) -> None:
    description = describe(sample)
    assert json.loads(json.dumps(description)) == description
    assert description["name"] == sample.name
    assert description["parameters"] != describe(type(sample)())["parameters"]


@pytest.mark.parametrize(("name", "column"), list(INPUTS.items()))
def test_a_missing_column_is_refused_by_name(name: str, column: str) -> None:
    without = SCHEMA.remove(SCHEMA.get_field_index(column))
    with pytest.raises(ConfigError, match=rf"{name}: column '{column}' does not exist; the columns are: .*untouched"):
        SAMPLES[name].output_schema(without)


@pytest.mark.parametrize(("name", "column"), [item for item in INPUTS.items() if item[0] != "enrich_context"])
def test_a_column_of_a_wrong_type_is_refused(name: str, column: str) -> None:
    other = SCHEMA.set(SCHEMA.get_field_index(column), pa.field(column, pa.float32()))
    with pytest.raises(ConfigError, match=rf"{name}: column '{column}' is float, expected a "):
        SAMPLES[name].output_schema(other)


@pytest.mark.parametrize(("name", "output"), list(OUTPUTS.items()))
def test_an_output_that_is_there_already_is_refused(name: str, output: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name}: its output '{output}' clashes"):
        SAMPLES[name].output_schema(SCHEMA.append(pa.field(output, pa.string())))


def test_a_transform_cannot_be_replaced_in_the_registry() -> None:
    with pytest.raises(TypeError):
        TRANSFORMS["clean_message"] = CanonicalizeLevel  # type: ignore[index]  # that it refuses is the point
