import pyarrow as pa
import pytest

from export_pipeline.write.hints import published_field
from export_pipeline.write.schema_description import ColumnDescription, describe_schema, fingerprint_schema

BASE = pa.schema([published_field("id", pa.int64(), "The key."), published_field("j", pa.string(), "", json=True)])


def test_columns_are_described_in_order() -> None:
    assert describe_schema(BASE) == (
        ColumnDescription("id", "int64", nullable=True, json=False, description="The key."),
        ColumnDescription("j", "string", nullable=True, json=True, description=""),
    )


@pytest.mark.parametrize(
    "other",
    [
        BASE.set(0, published_field("id", pa.int32(), "The key.")),
        BASE.set(0, published_field("key", pa.int64(), "The key.")),
        BASE.set(0, published_field("id", pa.int64(), "The key.", nullable=False)),
        BASE.set(1, published_field("j", pa.string(), "")),
        pa.schema(reversed(BASE)),
    ],
    ids=["type", "name", "nullable", "json", "order"],
)
def test_whatever_a_reader_notices_changes_the_fingerprint(other: pa.Schema) -> None:
    assert fingerprint_schema(other) != fingerprint_schema(BASE)


def test_a_reworded_description_keeps_the_fingerprint() -> None:
    reworded = BASE.set(0, published_field("id", pa.int64(), "Primary key."))
    assert fingerprint_schema(reworded) == fingerprint_schema(BASE)
