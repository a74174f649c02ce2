"""The kinds of Arrow types that have a text form: the one place that sorts types for CSV and JSON."""

from enum import Enum, auto
from typing import Final

import pyarrow as pa
from pyarrow import types


class Kind(Enum):
    """What a column is to a text format; UNSUPPORTED types (structs, maps …) travel as JSON text instead."""

    WHOLE = auto()
    BOOL = auto()
    TEXT = auto()
    FLOAT = auto()
    DECIMAL = auto()
    DATE = auto()
    TIME = auto()
    TIMESTAMP = auto()
    BYTES = auto()
    LIST = auto()
    UNSUPPORTED = auto()


_TESTS: Final = (
    (types.is_integer, Kind.WHOLE),
    (types.is_boolean, Kind.BOOL),
    (types.is_string, Kind.TEXT),
    (types.is_large_string, Kind.TEXT),
    (types.is_float32, Kind.FLOAT),
    (types.is_float64, Kind.FLOAT),
    (types.is_decimal128, Kind.DECIMAL),
    (types.is_date32, Kind.DATE),
    (types.is_time, Kind.TIME),
    (types.is_timestamp, Kind.TIMESTAMP),
    (types.is_binary, Kind.BYTES),
    (types.is_large_binary, Kind.BYTES),
)


def kind_of(type_: pa.DataType) -> Kind:
    """Return the kind of a type; a dictionary has that of its values."""
    if types.is_dictionary(type_):
        return kind_of(type_.value_type)
    if types.is_list(type_) or types.is_large_list(type_):
        return Kind.LIST if kind_of(type_.value_type) is not Kind.UNSUPPORTED else Kind.UNSUPPORTED
    return next((kind for matches, kind in _TESTS if matches(type_)), Kind.UNSUPPORTED)
