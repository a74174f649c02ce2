"""An Arrow schema as people and manifests read it, and its fingerprint.

Only what readers of the file notice counts: names, types, NULL or not, JSON or not. A reworded description
does not change the fingerprint.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

import pyarrow as pa

from export_pipeline.write import hints


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """One published column; `type` is Arrow's name of the type, `json` says that the text is JSON."""

    name: str
    type: str
    nullable: bool
    json: bool
    description: str


def describe_schema(schema: pa.Schema) -> tuple[ColumnDescription, ...]:
    """Return the columns of `schema` in order."""
    return tuple(
        ColumnDescription(field.name, str(field.type), field.nullable, hints.is_json(field), hints.description(field))
        for field in schema
    )


def fingerprint_schema(schema: pa.Schema) -> str:
    """Return a sha256 that changes whenever a reader of the file would see another schema."""
    columns = [asdict(column) | {"description": ""} for column in describe_schema(schema)]
    return hashlib.sha256(json.dumps(columns, sort_keys=True).encode()).hexdigest()
