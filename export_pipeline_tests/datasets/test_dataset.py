"""Declarations: consistent, picklable, and with a fingerprint of what shapes the rows, and only of that."""

import pickle
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pytest

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.freshness import Freshness
from export_pipeline.datasets.registry import DATASETS, find_dataset
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import SpecialTimes
from export_pipeline.schemas.rules import between
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline.transforms.flatten_json import FlattenJson, JsonField
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps
from export_pipeline.transforms.transform import Transform
from export_pipeline.write import hints

LOGS = DATASETS["logs"]
EACH = pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))


def with_column(changed: SourceColumn) -> Dataset:
    """Return logs with one column declared anew."""
    return replace(LOGS, columns=tuple(changed if one.name == changed.name else one for one in LOGS.columns))


def column(name: str) -> SourceColumn:
    return next(one for one in LOGS.columns if one.name == name)


def with_transform(changed: Transform) -> Dataset:
    """Return logs with one transform given other parameters."""
    return replace(LOGS, transforms=tuple(changed if one.name == changed.name else one for one in LOGS.transforms))


@EACH
def test_a_dataset_pickles_with_its_rules_and_transforms(dataset: Dataset) -> None:
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy.fingerprint == dataset.fingerprint
    assert copy.transforms == dataset.transforms
    assert copy.published_schema.equals(dataset.published_schema, check_metadata=True)


@EACH
def test_every_column_is_described(dataset: Dataset) -> None:
    assert all(hints.description(field) for field in dataset.published_schema)
    assert dataset.description


@EACH
def test_the_fingerprint_is_the_same_in_every_process(dataset: Dataset) -> None:
    """No set, no id and no hash in it: it is the same for an equal declaration, always."""
    assert dataset.fingerprint == replace(dataset).fingerprint
    assert len(dataset.fingerprint) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda: replace(LOGS, table=TableName("other")),
        lambda: replace(LOGS, table=TableName("log_entries", "ops")),
        lambda: LOGS.renamed(None, {"message": "msg"}),
        lambda: replace(LOGS, naive_zone="Europe/Berlin"),
        lambda: replace(LOGS, special_times=SpecialTimes.NULL),
        lambda: with_column(replace(column("push_attempts"), pg_type="int8")),
        lambda: replace(LOGS, columns=LOGS.columns[::-1]),
        lambda: with_transform(CleanMessage(columns=("message", "last_push_error"))),
        lambda: with_transform(StandardizeTimestamps(columns=("timestamp", "pushed_at"), zone="Europe/Berlin")),
        lambda: with_transform(FlattenJson(column="structured_data", fields=(JsonField("priority", "int64"),))),
        lambda: replace(LOGS, transforms=LOGS.transforms[:-1]),
        lambda: replace(LOGS, retyped={}),
    ],
)
def test_the_fingerprint_changes_with_what_shapes_the_rows(change: Callable[[], Dataset]) -> None:
    assert change().fingerprint != LOGS.fingerprint


def test_the_fingerprint_changes_with_the_version_of_a_transform(monkeypatch: pytest.MonkeyPatch) -> None:
    before = LOGS.fingerprint
    monkeypatch.setattr(CleanMessage, "version", CleanMessage.version + 1)
    assert LOGS.fingerprint != before


@pytest.mark.parametrize(
    "change",
    [
        lambda: replace(LOGS, description="Said in other words."),
        lambda: replace(LOGS, owners=("team:network",)),
        lambda: replace(LOGS, freshness=Freshness(3, 4)),
        lambda: with_column(replace(column("message"), description="Said in other words")),
        lambda: with_column(replace(column("message"), low_cardinality=True)),
        lambda: with_column(replace(column("message"), personal=True)),
        lambda: with_column(replace(column("push_attempts"), rules=(between(0, 5),))),
        lambda: LOGS.renamed(None, {}),
        lambda: LOGS.renamed(TableName("log_entries"), {"message": "message"}),
    ],
)
def test_the_fingerprint_does_not_change_with_words_hints_and_rules(change: Callable[[], Dataset]) -> None:
    assert change().fingerprint == LOGS.fingerprint


def test_the_selection_reads_the_tables_own_names() -> None:
    selection = LOGS.renamed(TableName("t", "s"), {"timestamp": "logged_at", "id": "number"}).selection
    assert str(selection.table) == "s.t"
    assert selection.placing_time.source_name == "logged_at"
    assert selection.columns[0].source_name == "number"
    assert selection.columns[0].name == "id"


def test_a_column_map_with_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConfigError, match="dataset logs: the column map names mesage; its columns are id, device_id, "):
        LOGS.renamed(None, {"mesage": "msg"})


def test_a_dataset_that_joins_nothing_has_no_side_table() -> None:
    with pytest.raises(ConfigError, match="dataset ips: no side table is joined to it; leave side_table"):
        DATASETS["ips"].joined_with("ops.inventory", {})


@pytest.mark.parametrize(
    ("change", "role"),
    [
        ({"key": ("number",)}, "key"),
        ({"time_column": "at"}, "time_column"),
        ({"retyped": {"at": pa.int8()}}, "retyped"),
    ],
)
def test_a_declaration_that_names_no_column_of_its_own_is_refused(change: dict[str, object], role: str) -> None:
    with pytest.raises(ConfigError, match=f"dataset logs: {role} names (number|at); its columns are id, "):
        replace(LOGS, **change)  # type: ignore[arg-type] # what is wrong with it is the point


def test_the_datasets_are_found_by_name() -> None:
    assert [find_dataset(name).name for name in DATASETS] == ["logs", "anomalies", "ips"]
    with pytest.raises(ConfigError, match="there is no dataset 'log'; choose one of logs, anomalies, ips"):
        find_dataset("log")


def test_the_personal_columns_are_those_of_the_source_and_what_repeats_them() -> None:
    assert DATASETS["ips"].personal_columns == {"address"}
    marked = with_column(replace(column("device_ip"), personal=True))
    hosts = tuple(replace(one, personal=one.name == "device_host") for one in marked.derived)
    assert replace(marked, derived=hosts).personal_columns == {"device_ip", "device_host"}


@EACH
def test_validation_checks_the_types_that_are_read(dataset: Dataset) -> None:
    for policy in SpecialTimes:
        chosen = replace(dataset, special_times=policy)
        read = {field.name: field.type for field in chosen.selection.arrow_schema}
        assert {one.name: one.type for one in chosen.subject("x").columns} == read
