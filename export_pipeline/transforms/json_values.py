"""Reading typed values out of JSON texts, with no conversion that could change one.

Which fields become which columns is `flatten_json.py`'s business.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from operator import attrgetter
from typing import Any, Final, NoReturn

import msgspec
import pyarrow as pa

# What JSON can hold: no narrower type exists for it.
JsonValue = Any

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


def read_paths(texts: Sequence[str], paths: Sequence[tuple[str, ...]]) -> list[list[JsonValue]]:
    """Return, for each of `paths`, what each of `texts` holds under its keys.

    None where a document has another shape, or where a text is no JSON (RFC 8259: NaN is none).
    """
    keys = tuple(dict.fromkeys(path[0] for path in paths))
    documents = _decode_all(texts, keys)
    at_first = {key: list(map(attrgetter(_slot(number)), documents)) for number, key in enumerate(keys)}
    return [_descend(at_first[path[0]], path[1:]) for path in paths]


def convert_values(values: Iterable[JsonValue], value_type: str) -> pa.Array:
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


@cache
def _decoder(keys: tuple[str, ...]) -> msgspec.json.Decoder[msgspec.Struct]:
    """Return a decoder that keeps only `keys` of an object: what is skipped costs a third of what is built."""
    names = {_slot(number): key for number, key in enumerate(keys)}
    fields = [(slot, JsonValue, None) for slot in names]
    return msgspec.json.Decoder(msgspec.defstruct("Document", fields, rename=names, gc=False))


def _slot(number: int) -> str:
    return f"key_{number}"


def _decode_all(texts: Sequence[str], keys: tuple[str, ...]) -> list[msgspec.Struct]:
    decoder = _decoder(keys)
    try:
        return list(map(decoder.decode, texts))
    except (msgspec.MsgspecError, RecursionError):
        return [_decode_leniently(text, keys, decoder) for text in texts]


def _decode_leniently(
    text: str, keys: tuple[str, ...], decoder: msgspec.json.Decoder[msgspec.Struct]
) -> msgspec.Struct:
    # PostgreSQL's `json` holds numbers beyond float64 and lone surrogates, for which msgspec refuses the
    # whole text; its other fields are still good.
    with suppress(msgspec.MsgspecError, RecursionError):
        return decoder.decode(text)
    try:
        document = json.loads(text, parse_int=_parse_integer, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        document = None
    kept = document if type(document) is dict else {}
    return decoder.type(*(kept.get(key) for key in keys))


def _descend(nodes: list[JsonValue], path: tuple[str, ...]) -> list[JsonValue]:
    for key in path:
        nodes = [node.get(key) if type(node) is dict else None for node in nodes]
    return nodes


def _parse_integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else float(digits)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _to_int64(value: JsonValue) -> int | None:
    return value if type(value) is int and -(2**63) <= value < 2**63 else None


def _to_int32(value: JsonValue) -> int | None:
    return value if type(value) is int and -(2**31) <= value < 2**31 else None


def _to_float64(value: JsonValue) -> float | None:
    with suppress(OverflowError):
        return float(value) if type(value) in (float, int) and math.isfinite(value) else None
    return None


def _to_string(value: JsonValue) -> str | None:
    return value if type(value) is str and (value.isascii() or _is_unicode(value)) else None


def _to_bool(value: JsonValue) -> bool | None:
    return value if type(value) is bool else None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_CONVERTERS: Final[dict[str, Callable[[JsonValue], JsonValue]]] = {
    "int64": _to_int64,
    "int32": _to_int32,
    "float64": _to_float64,
    "string": _to_string,
    "bool": _to_bool,
}
