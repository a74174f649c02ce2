"""What a published column tells the writers: hints in the metadata of its Arrow field, and their readers.

They survive in a Parquet file, so the formats derived from it see them too. Which columns carry which hint is
declared in `datasets/`; what a hint does is the business of each file in `formats/`.
"""

import re
from typing import Final

import pyarrow as pa

from export_pipeline.errors import ConfigError

JSON: Final = b"json"
"""`true`: the text of this string column is PostgreSQL's JSON, a nested value in JSON formats."""
CARDINALITY: Final = b"cardinality"
"""`low`: few distinct values, so that a dictionary pays."""
RELATION: Final = b"relation"
"""The relation that this column is one of, as the prefix of its name says: `device` of `device__name`."""
CURRENCY: Final = b"currency"
"""The code of a currency (ISO 4217), in which amounts are shown where a format can."""
DESCRIPTION: Final = b"description"
"""What the column means, for people."""

_CODE: Final = re.compile("[A-Z]{3}")
_KEYS: Final = (JSON, CARDINALITY, CURRENCY, RELATION, DESCRIPTION)


def published_field(  # noqa: PLR0913 - one argument a property of the field, the rare ones by name
    name: str,
    type: pa.DataType,  # noqa: A002 - the word that Arrow and every caller use
    description: str,
    *,
    json: bool = False,
    low_cardinality: bool = False,
    currency: str = "",
    relation: str = "",
    nullable: bool = True,
) -> pa.Field:
    """Return the Arrow field of a published column, with its hints as metadata."""
    hints = {DESCRIPTION: description.encode()}
    if json:
        hints[JSON] = b"true"
    if low_cardinality:
        hints[CARDINALITY] = b"low"
    if currency:
        hints[CURRENCY] = _checked_code(currency).encode()
    if relation:
        hints[RELATION] = relation.encode()
    return pa.field(name, type, nullable=nullable, metadata=hints)


def is_json(field: pa.Field) -> bool:
    """Whether the column holds JSON text."""
    return _hint(field, JSON) == "true"


def is_low_cardinality(field: pa.Field) -> bool:
    """Whether a dictionary pays for this column."""
    return _hint(field, CARDINALITY) == "low"


def relation(field: pa.Field) -> str:
    """Return the relation that the column is one of; empty for a column of the table itself."""
    return _hint(field, RELATION)


def currency(field: pa.Field) -> str:
    """Return the code of the currency; empty where there is none. Raises: ConfigError when it is no code."""
    return _checked_code(_hint(field, CURRENCY))


def description(field: pa.Field) -> str:
    """Return what the column means; empty when nobody said."""
    return _hint(field, DESCRIPTION)


def only_hints(schema: pa.Schema) -> pa.Schema:
    """Return `schema` without any metadata but the hints: a Parquet reader adds its own."""
    return pa.schema([_only_hints(field) for field in schema])


def _only_hints(field: pa.Field) -> pa.Field:
    kept = {key: value for key, value in (field.metadata or {}).items() if key in _KEYS}
    return field.with_metadata(kept or None)


def _checked_code(code: str) -> str:
    if code and not _CODE.fullmatch(code):
        raise ConfigError(f"{code!r} is no currency; give its code of three letters, such as EUR")
    return code


def _hint(field: pa.Field, key: bytes) -> str:
    return str((field.metadata or {}).get(key, b"").decode())
