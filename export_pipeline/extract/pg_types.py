"""The one table of PostgreSQL types: how each is selected, what arrives, and what it is in Arrow.

A type whose binary form ADBC reads exactly is selected as it is; every other one as PostgreSQL's own text, by a
cast in the SELECT, because ADBC damages it silently (money, oid, ranges, inet …) or has no exact Arrow type for
it (numeric without precision, interval, infinity in a date). Declared columns (`datasets/`) and live ones
(`catalog.py`) are both resolved here, so they can be compared.
"""

import re
from dataclasses import dataclass

import pyarrow as pa

from export_pipeline.errors import ConfigError

_MAX_DECIMAL_DIGITS = 38


@dataclass(frozen=True, slots=True)
class PgType:
    """How one PostgreSQL type travels. Two columns are alike when `family` and `arrow` are equal."""

    family: str
    arrow: pa.DataType
    template: str = "{}"
    """The SELECT expression, `{}` standing for the quoted column."""
    wire: pa.DataType | None = None
    """What ADBC delivers for `template`, where that is not yet `arrow`."""

    @property
    def is_list(self) -> bool:
        """Whether this is an array that becomes an Arrow list."""
        return bool(pa.types.is_list(self.arrow))


_TEXT_FORM = "{}::text"

_NATIVE: dict[str, PgType] = {
    "bool": PgType("bool", pa.bool_()),
    "int2": PgType("int2", pa.int16()),
    "int4": PgType("int4", pa.int32()),
    "int8": PgType("int8", pa.int64()),
    "float4": PgType("float4", pa.float32()),
    "float8": PgType("float8", pa.float64()),
    "bytea": PgType("bytea", pa.binary()),
    "date": PgType("date", pa.date32()),
    "timestamp": PgType("timestamp", pa.timestamp("us")),
    "timestamptz": PgType("timestamptz", pa.timestamp("us", "UTC")),
    **dict.fromkeys(("text", "varchar", "bpchar", "name"), PgType("text", pa.string())),
}

_AS_TEXT: dict[str, PgType] = {
    **dict.fromkeys(("citext", "enum"), PgType("text", pa.string(), _TEXT_FORM)),
    **dict.fromkeys(("json", "jsonb"), PgType("json", pa.string(), _TEXT_FORM)),
    # inet::text always adds the prefix length; the output function leaves it off plain addresses.
    "inet": PgType("address", pa.string(), "inet_out({})::text"),
    "cidr": PgType("address", pa.string(), "cidr_out({})::text"),
    # money::text follows the server's locale.
    "money": PgType("money", pa.string(), "{}::numeric::text"),
    "numeric": PgType("numeric", pa.string(), _TEXT_FORM),
}

_LIST_ITEMS = frozenset({"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar"})
_NUMERIC = re.compile(r"numeric\((?P<precision>\d+),\s*(?P<scale>-?\d+)\)")


def resolve(type_name: str) -> PgType:
    """Return how `type_name` travels.

    Names are the catalog's short ones (`int4`, `varchar`, `timestamptz`), with `numeric(p,s)` for a bounded
    numeric, `item[]` for an array and `enum` for any enumeration. Raises: ConfigError for an empty name.
    """
    if not type_name:
        raise ConfigError("a column is declared without a PostgreSQL type; name one, for example `int4`")
    if type_name.endswith("[]"):
        return _array(type_name)
    if bounded := _NUMERIC.fullmatch(type_name):
        return _decimal(type_name, int(bounded["precision"]), int(bounded["scale"]))
    known = _NATIVE.get(type_name) or _AS_TEXT.get(type_name)
    return known or PgType(type_name, pa.string(), _TEXT_FORM)


def has_own_entry(type_name: str) -> bool:
    """Whether the table has an entry for a type of this name; all others travel as text."""
    return type_name in _NATIVE or type_name in _AS_TEXT


def _array(type_name: str) -> PgType:
    item = type_name.removesuffix("[]")
    if item not in _LIST_ITEMS:
        return PgType(type_name, pa.string(), _TEXT_FORM)
    inner = _NATIVE[item]
    return PgType(f"{inner.family}[]", pa.list_(inner.arrow))


def _decimal(type_name: str, precision: int, scale: int) -> PgType:
    if precision > _MAX_DECIMAL_DIGITS or not 0 <= scale <= precision:
        return PgType(type_name, pa.string(), _TEXT_FORM)
    return PgType(type_name, pa.decimal128(precision, scale), _TEXT_FORM, wire=pa.string())
