"""Users' functions as transforms: every kind of frame, no type lost, and whatever they do wrong said by name."""

import pickle
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.custom import CustomTransform
from export_pipeline.transforms.description import describe
from export_pipeline.transforms.transform import Input
from export_pipeline_tests.transforms import own_functions

OWN = "export_pipeline_tests.transforms.own_functions"
BATCH = pa.record_batch(
    {
        "id": pa.array([2**62 + 1, None], pa.int64()),
        "small": pa.array([None, 7], pa.int8()),
        "price": pa.array([Decimal("12345678901234567.89"), None], pa.decimal128(20, 2)),
        "flag": pa.array([True, None]),
        "share": pa.array([float("inf"), None]),
        "message": ["b c", None],
        "timestamp": pa.array([datetime(2026, 1, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "local": pa.array([datetime(2026, 1, 1), None], pa.timestamp("us")),  # noqa: DTZ001 - naive is the case
        "day": pa.array([date(1, 1, 1), None], pa.date32()),
        "tags": pa.array([["x", None], None], pa.list_(pa.string())),
        "raw": pa.array([b"\x00\xff", None], pa.binary()),
    }
)
BATCH = BATCH.replace_schema_metadata({"table": "log_entries"}).cast(
    pa.schema([one.with_metadata({"hint": one.name}) for one in BATCH.schema], metadata={"table": "log_entries"})
)


def own(name: str, **options: Any) -> CustomTransform:  # noqa: ANN401 - the transform's own parameters
    return CustomTransform(f"{OWN}:{name}", **options)


@pytest.mark.parametrize("function", ["with_pandas", "with_table", "with_batch"])
def test_each_kind_of_frame_may_add_a_column(function: str) -> None:
    made = own(function).apply(BATCH)
    assert made.schema.names == [*BATCH.schema.names, "length"]
    assert made.column("length").to_pylist() == [3, None]
    assert made.schema.equals(own(function).output_schema(BATCH.schema), check_metadata=True)


@pytest.mark.parametrize("function", ["same_pandas", "same_polars"])
def test_no_type_value_or_hint_is_lost_on_the_way(function: str) -> None:
    made = own(function).apply(BATCH)
    made.validate(full=True)
    assert made.equals(BATCH, check_metadata=True)


def test_parameters_are_given_by_name() -> None:
    assert own("shout", parameters={"mark": "!"}).apply(BATCH).column("shouted").to_pylist() == ["B C!", None]


def test_relatives_of_published_types_become_those() -> None:
    made = own("relatives").apply(BATCH).schema
    assert [made.field(name).type for name in ("word", "letters", "parts")] == [
        pa.string(),
        pa.int64(),
        pa.list_(pa.string()),
    ]


def test_its_name_is_that_of_the_function() -> None:
    assert (CustomTransform.name, own("shout").name) == ("custom", "custom_shout")


def test_a_function_may_read_every_column() -> None:
    everything = tuple(Input(name) for name in BATCH.schema.names)
    assert own("shout").lineage_over(BATCH.schema) == {"shouted": everything}
    assert own("same_polars").alters(BATCH.schema.names) == set(BATCH.schema.names)


def test_it_pickles_and_changes_its_description_with_the_functions_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    source = Path(own_functions.__file__).read_text(encoding="utf-8")
    (tmp_path / "first_version.py").write_text(source, encoding="utf-8")
    (tmp_path / "second_version.py").write_text(source + "# changed\n", encoding="utf-8")
    first, second = CustomTransform("first_version:shout"), CustomTransform("second_version:shout")
    assert pickle.loads(pickle.dumps(first)) == first
    assert describe(first)["parameters"] == {
        "function": "first_version:shout",
        "parameters": {},
        "columns": {},
        "source_sha256": first.source_sha256,
    }
    assert first.source_sha256 == own("shout").source_sha256 != second.source_sha256


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("fewer", "called with a batch of 2 rows: it returned 1 rows; it must return the same rows"),
        ("sorted_rows", "the rows were put in another order"),
        ("drifting", "column 'extra' is double, which is not int32, as it was without rows"),
        ("misspelt", "missing extra (is extras meant?), further extras"),
        ("moving", "it returned the columns in another order: raw, tags, day"),
    ],
)
def test_a_batch_that_differs_is_refused_by_name(function: str, said: str) -> None:
    with pytest.raises(TransformError) as caught:
        own(function).apply(BATCH.slice(0, 2) if function != "sorted_rows" else _unsorted())
    assert str(caught.value).startswith(f"transform custom_{function}: {OWN}:{function}")
    assert said in str(caught.value)


def _unsorted() -> pa.RecordBatch:
    return pa.record_batch({"message": ["b", "a"]})


def test_an_exception_is_said_with_its_type_message_and_line() -> None:
    lines = Path(own_functions.__file__).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "no luck" in text)
    with pytest.raises(TransformError) as caught:
        own("failing").apply(BATCH)
    said = f"transform custom_failing: {OWN}:failing failed: ValueError: no luck ({own_functions.__file__}:{line})"
    assert str(caught.value) == said


def test_an_exception_inside_of_a_library_is_said_with_the_line_that_led_there() -> None:
    with pytest.raises(TransformError, match=r"ColumnNotFoundError: .*\(.*own_functions\.py:\d+\)$"):
        own("failing_inside").apply(BATCH)


def test_a_batch_without_a_value_keeps_the_columns_type() -> None:
    made = own("sometimes_null").apply(BATCH).column("note")
    assert made.equals(pa.nulls(2, pa.string()))


def test_declared_columns_make_another_transform() -> None:
    assert own("drifting", columns={"extra": "float64"}) != own("drifting", columns={"extra": "float32"})


def test_a_column_of_mixed_types_is_refused_without_its_values() -> None:
    with pytest.raises(TransformError, match="no one type: Conversion failed for column mixed") as caught:
        own("mixed", columns={"mixed": "string"}).apply(BATCH)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("needs_rows", "IndexError: .*when it was called without rows, to learn its columns. Mend that, or declare"),
        ("nothing", "it returned NoneType in place of polars.DataFrame when it was called without rows"),
        ("of_nothing", "column 'nothing' of .*: it gives null, which cannot be published; .*; or declare it"),
    ],
)
def test_what_it_gives_without_rows_must_be_known(function: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.compile(said, re.DOTALL)):
        own(function).output_schema(BATCH.schema)


@pytest.mark.parametrize(
    ("function", "column", "word", "values"),
    [
        ("needs_rows", "first", "string", ["b c", "b c"]),
        ("of_nothing", "nothing", "date", [None, None]),
        ("python_objects", "both", "string", ["b c!", "<NA>!"]),
        ("drifting", "extra", "decimal(5,1)", [Decimal("1.5"), Decimal("1.5")]),
    ],
)
def test_a_declared_column_has_the_declared_type(function: str, column: str, word: str, values: list[object]) -> None:
    made = own(function, columns={column: word}).apply(BATCH)
    assert made.column(column).to_pylist() == values
    assert made.schema.names == [*BATCH.schema.names, column]


def test_a_value_that_does_not_fit_the_declared_type_is_refused() -> None:
    with pytest.raises(TransformError, match="column 'extra' is double, which is not int64, as it is declared"):
        own("drifting", columns={"extra": "int64"}).apply(BATCH)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": {"length": "integer"}}, "there is no type 'integer'; there are string, bool, int8"),
        ({"parameters": {"marc": "!"}}, "shout cannot be called with .*: got an unexpected keyword argument 'marc'"),
    ],
)
def test_wrong_parameters_are_refused_when_it_is_declared(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        own("shout", **options)


def test_a_declared_column_must_be_returned() -> None:
    with pytest.raises(ConfigError, match="does not return lenght"):
        own("with_pandas", columns={"lenght": "int64"}).output_schema(BATCH.schema)


def test_an_annotation_that_is_no_frame_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"annotated int; allowed are pandas\.DataFrame, polars\.DataFrame, pyarrow"):
        own("of_int")
