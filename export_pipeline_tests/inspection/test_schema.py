"""Table, file and declaration side by side."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from export_pipeline.extract.snapshot import SnapshotIdentity
from export_pipeline.inspection.finding import Finding
from export_pipeline.inspection.schema import check_schema
from export_pipeline.inspection.source_look import SourceLook
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.hints import published_field

DECLARED = pa.schema(
    [
        published_field("id", pa.int64(), "The key"),
        published_field("tags", pa.list_(pa.string()), ""),
        published_field("data", pa.string(), "", json=True),
    ]
)
IN_PARQUET = DECLARED.set(1, pa.field("tags", pa.list_(pa.field("element", pa.string()))))


@pytest.mark.parametrize(
    "file",
    [DECLARED, IN_PARQUET, DECLARED.set(0, published_field("id", pa.int64(), "Another description"))],
    ids=["same", "list as Parquet has it", "reworded"],
)
def test_the_declared_columns_pass(file: pa.Schema) -> None:
    assert found(file).passed


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (DECLARED.remove(0), "column 'id' (int64) is missing"),
        (DECLARED.set(0, pa.field("id", pa.int32())), "column 'id' is int32, declared is int64"),
        (DECLARED.append(pa.field("more", pa.int8())), "column 'more' (int8) is not declared"),
        (DECLARED.set(2, pa.field("data", pa.string())), "column 'data' is string, declared is string of JSON"),
        (DECLARED.set(0, pa.field("id", pa.int64(), nullable=False)), "column 'id' is int64 without NULL"),
        (pa.schema(reversed(list(DECLARED))), "its columns stand in another order"),
    ],
)
def test_another_file_fails_by_column(file: pa.Schema, said: str) -> None:
    differing = found(file)
    assert (differing.passed, differing.severity) == (False, Severity.ERROR)
    assert f"the file: {said}" in differing.summary


def test_another_table_fails_by_column() -> None:
    differing = found(DECLARED, differences=("column 'id' (int8) is missing",))
    assert (differing.passed, differing.severity) == (False, Severity.ERROR)
    assert "the table: column 'id' (int8) is missing" in differing.summary


def test_a_column_of_the_table_that_nobody_declared_only_warns() -> None:
    surplus = found(DECLARED, undeclared=("extra",))
    assert (surplus.passed, surplus.severity) == (False, Severity.WARN)
    assert "not exported: extra" in surplus.summary


def found(file: pa.Schema, differences: tuple[str, ...] = (), undeclared: tuple[str, ...] = ()) -> Finding:
    identity = SnapshotIdentity(1, 1, datetime.now(UTC), "1", 1)
    return check_schema(SourceLook(identity, differences, undeclared, {}), file, DECLARED, Severity.ERROR)
