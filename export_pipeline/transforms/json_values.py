"""Reading typed values out of JSON texts, with no conversion that could change one.

Which fields become which columns is `flatten_json.py`'s business.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import repeat
from typing import Any, Final, NoReturn

import orjson
import pyarrow as pa

# What a parsed JSON text is: no narrower type exists for it.
JsonDocument = Any

VALUE_TYPES: Final = {
    "int64": pa.int64(),
    "int32": pa.int32(),
    "float64": pa.float64(),
    "string": pa.string(),
    "bool": pa.bool_(),
}

# Not float64: a document may hold floats that are not finite.
_EXACT_TYPES: Final = {"int64": int, "int32": int, "string": str, "bool": bool}

# Up to here an integer may be an int64 or an exact Python int; a longer one can only be wanted as a float.
_MAX_INT_DIGITS = 20


def parse_document(text: str) -> JsonDocument:
    """Return the document that `text` holds, or None if it is no JSON (RFC 8259: NaN is none)."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _parse_leniently(text)


def read_path(documents: Sequence[JsonDocument], path: tuple[str, ...]) -> list[JsonDocument]:
    """Return what each of `documents` holds under the keys of `path`, None where it has another shape."""
    found = list(documents)
    for key in path:
        if set(map(type, found)) == {dict}:  # as nearly always: half the time of the line below
            found = list(map(dict.get, found, repeat(key)))
        else:
            found = [node.get(key) if type(node) is dict else None for node in found]
    return found


def convert_values(values: Iterable[JsonDocument], value_type: str) -> pa.Array:
    """Return `values` as an array of `VALUE_TYPES[value_type]`, NULL where a value is not of that type.

    Only the JSON type counts: "5" and 5.0 are no int, true is no int; an int is a float64. Integers outside
    the type's range, floats that are not finite and strings that are no valid Unicode are NULL.
    """
    found = list(values)
    exact = _EXACT_TYPES.get(value_type)
    if exact and set(map(type, found)) <= {exact, type(None)}:
        # All of one type, as nearly always: Arrow converts them itself, and refuses what does not fit.
        with suppress(pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
            return pa.array(found, VALUE_TYPES[value_type])
    convert = _CONVERTERS[value_type]
    return pa.array([convert(value) for value in found], VALUE_TYPES[value_type])


def _parse_leniently(text: str) -> JsonDocument:
    # PostgreSQL's `json` holds numbers beyond float64 and lone surrogates, for which orjson refuses the
    # whole text; its other fields are still good.
    try:
        return json.loads(text, parse_int=_parse_integer, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _parse_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else float(digits)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _to_int64(value: JsonDocument) -> int | None:
    return value if type(value) is int and -(2**63) <= value < 2**63 else None


def _to_int32(value: JsonDocument) -> int | None:
    return value if type(value) is int and -(2**31) <= value < 2**31 else None


def _to_float64(value: JsonDocument) -> float | None:
    return float(value) if type(value) in (float, int) and math.isfinite(value) else None


def _to_string(value: JsonDocument) -> str | None:
    return value if type(value) is str and (value.isascii() or _is_unicode(value)) else None


def _to_bool(value: JsonDocument) -> bool | None:
    return value if type(value) is bool else None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_CONVERTERS: Final[dict[str, Callable[[JsonDocument], JsonDocument]]] = {
    "int64": _to_int64,
    "int32": _to_int32,
    "float64": _to_float64,
    "string": _to_string,
    "bool": _to_bool,
}
