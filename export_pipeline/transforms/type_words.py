"""The words for types of columns, where one is declared in a setting or a parameter."""

import re

import pyarrow as pa

from export_pipeline.errors import ConfigError

_WORDS = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "binary": pa.binary(),
    "list of string": pa.list_(pa.string()),
    "list of int64": pa.list_(pa.int64()),
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
_DIGITS = 38


def type_of(word: str) -> pa.DataType:
    """Return the type that `word` means. Raises: ConfigError listing the words."""
    if found := _DECIMAL.fullmatch(word):
        precision, scale = int(found[1]), int(found[2])
        if 1 <= precision <= _DIGITS and scale <= precision:
            return pa.decimal128(precision, scale)
    if word not in _WORDS:
        raise ConfigError(
            f"there is no type {word!r}; there are {', '.join(_WORDS)}, decimal(p,s) with p up to {_DIGITS}"
        )
    return _WORDS[word]
