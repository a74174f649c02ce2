"""The Arrow types that are published, for columns that come back from Polars and pandas in relatives of them.

Polars gives text as large strings, counts as unsigned numbers, repeated words as dictionaries. Files, formats and
readers know the plain ones.
"""

import pyarrow as pa

from export_pipeline.errors import ConfigError

_PLAIN = (
    pa.types.is_boolean,
    pa.types.is_signed_integer,
    pa.types.is_floating,
    pa.types.is_decimal128,
    pa.types.is_date32,
    pa.types.is_timestamp,
    pa.types.is_string,
    pa.types.is_binary,
)


def plain_type(given: pa.DataType) -> pa.DataType:
    """Return the published type that holds every value of `given`. Raises: ConfigError where there is none."""
    if any(accepts(given) for accepts in _PLAIN):
        return given
    if pa.types.is_large_string(given) or pa.types.is_string_view(given):
        return pa.string()
    if pa.types.is_large_binary(given) or pa.types.is_binary_view(given):
        return pa.binary()
    if pa.types.is_unsigned_integer(given) and given.bit_width < 64:  # noqa: PLR2004 - what int64 holds
        return pa.int64()
    if pa.types.is_dictionary(given):
        return plain_type(given.value_type)
    if pa.types.is_list(given) or pa.types.is_large_list(given):
        return pa.list_(plain_type(given.value_type))
    raise ConfigError(
        f"it gives {given}, which cannot be published; {_ADVICE.get(given.id, 'cast it to another type')}"
    )


def plain_array(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Return `values` in the type that `plain_type` gave. Raises: pyarrow.ArrowInvalid where one does not fit."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values if values.type.equals(wanted) else values.cast(wanted)


_ADVICE = {
    pa.null().id: "give NULL a type, such as cast(null as text)",
    pa.duration("us").id: "for the length between two times, subtract their extract(epoch from …)",
    pa.time64("us").id: "cast it to text",
}
