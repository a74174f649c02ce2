"""Single values as text, a whole column at a time: what CSV and JSON have in common.

Every function takes an Arrow array and returns a string array of equal length, NULL where the value is NULL.
How text is quoted and joined into rows is the business of each format.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

TextFunction = Callable[[pa.Array], pa.Array]

_FIRST_S: Final = -62_135_596_800  # 0001-01-01 00:00:00
_END_S: Final = 253_402_300_800  # 10000-01-01 00:00:00
_DAY_S: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)
_CYCLE_YEARS: Final = 400
_CYCLE_DAYS: Final = 146_097
_UNITS_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def plain_array(column: pa.Array) -> pa.Array:
    """Return the column without a dictionary: its values themselves."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def timestamp_text(times: pa.Array, separator: Literal[" ", "T"]) -> pa.Array:
    """Return `2026-11-20 05:00:00.123456Z`; the Z only where the type has a zone: its values are UTC.

    Arrow takes 1.26 CPU-s per million to render times with a zone, and 0.05 for those without: so the zone is
    put aside. Years before 1 and after 9999 come as PostgreSQL writes them: `4713-01-01 00:00:00.000000Z BC`.
    """
    zone, unit = "Z" if times.type.tz else "", times.type.unit
    if _beyond_iso(times.view(pa.int64()), _UNITS_PER_SECOND[unit]):
        ticks = times.view(pa.int64()).to_pylist()
        return pa.array([_historic_time(tick, unit, separator, zone) for tick in ticks], pa.string())
    text = times.view(pa.timestamp(unit)).cast(pa.string())
    if separator != " ":
        text = pc.binary_replace_slice(text, 10, 11, separator)
    return pc.binary_join_element_wise(text, zone, "") if zone else text


def date_text(days: pa.Array) -> pa.Array:
    """Return `2026-11-20`; years before 1 and after 9999 as PostgreSQL writes them."""
    if is_all_iso(days):
        return days.cast(pa.string())
    return pa.array([_historic_date(day) for day in days.cast(pa.int32()).to_pylist()], pa.string())


def is_all_iso(days: pa.Array) -> bool:
    """Whether all dates lie in years 1 to 9999, where Arrow's text is everybody's."""
    return not _beyond_iso(pc.multiply(days.cast(pa.int32()).cast(pa.int64()), _DAY_S), 1)


def arrow_text(column: pa.Array) -> pa.Array:
    """Return Arrow's own text."""
    return column.cast(pa.string())


def decimal_text(numbers: pa.Array) -> pa.Array:
    """Return every digit and no exponent: `0.0000000001`, where Arrow's own text is `1E-10`."""
    wide = numbers.cast(pa.decimal128(38, max(numbers.type.scale, 0)))
    return _to_arrow(pl.Series(wide).cast(pl.String))


def hex_text(data: pa.Array) -> pa.Array:
    r"""Return PostgreSQL's hex form of bytes: `\x00ff`."""
    return pc.binary_join_element_wise(r"\x", _to_arrow(pl.Series(data).bin.encode("hex")), "")


def base64_text(data: pa.Array) -> pa.Array:
    """Return the base64 form of bytes (RFC 4648, section 4)."""
    return _to_arrow(pl.Series(data).bin.encode("base64"))


def nonfinite_words(numbers: pa.Array, finite: pa.Array) -> pa.Array:
    """Return `finite`, the text of `numbers`, with NaN, Infinity and -Infinity in PostgreSQL's words."""
    limit = float("inf")
    text = pc.if_else(pc.is_nan(numbers), "NaN", finite)
    text = pc.if_else(pc.equal(numbers, limit), "Infinity", text)
    return pc.if_else(pc.equal(numbers, -limit), "-Infinity", text)


def is_all_finite(numbers: pa.Array) -> bool:
    """Whether a float column holds no NaN and no infinity."""
    return pc.all(pc.is_finite(numbers)).as_py() is not False


def list_text(lists: pa.Array, element_text: TextFunction, brackets: Literal["[]", "{}"]) -> pa.Array:
    """Return `[a,b]`; `element_text` renders the elements, without a NULL among its results."""
    lists = lists.cast(pa.large_list(lists.type.value_type))
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    ends = np.cumsum(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)
    offsets = pa.array(np.concatenate([np.zeros(1, np.int64), ends]))
    elements = element_text(lists.flatten()).cast(pa.string())
    joined = pc.binary_join(pa.LargeListArray.from_arrays(offsets, elements), ",")
    return pc.if_else(lists.is_valid(), pc.binary_join_element_wise(brackets[0], joined, brackets[1], ""), None)


def content(text: pl.Series) -> memoryview:
    """Return the bytes of all strings: Arrow keeps them one behind the other."""
    array = text.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)
    return memoryview(data)[ends[array.offset] : ends[array.offset + len(array)]]


def _to_arrow(text: pl.Series) -> pa.Array:
    return text.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())


def _beyond_iso(values: pa.Array, per_second: int) -> bool:
    """Whether a time lies outside years 1 to 9999, where Arrow's text is nobody else's."""
    bounds = pc.min_max(values)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    return low is not None and (low < _FIRST_S * per_second or high >= _END_S * per_second)


def _historic_time(ticks: int | None, unit: str, separator: str, zone: str) -> str | None:
    """Return a time of any year; `ticks` are counted from 1970. Arrow's own text ends in the year 32767."""
    if ticks is None:
        return None
    seconds, fraction = divmod(ticks, _UNITS_PER_SECOND[unit])
    days, second = divmod(seconds, _DAY_S)
    day, era = _historic_day(days)
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    digits = len(str(_UNITS_PER_SECOND[unit])) - 1
    decimals = f".{fraction:0{digits}d}" if digits else ""
    return f"{day}{separator}{clock}{decimals}{zone}{era}"


def _historic_date(days: int | None) -> str | None:
    return None if days is None else "".join(_historic_day(days))


def _historic_day(days: int) -> tuple[str, str]:
    """Return the day, counted from 1970, and its era: ` BC` or nothing. The calendar repeats every 400 years."""
    cycles, rest = divmod(days, _CYCLE_DAYS)
    day = _EPOCH + timedelta(days=rest)
    year = day.year + _CYCLE_YEARS * cycles
    return (f"{year:04d}-{day:%m-%d}", "") if year > 0 else (f"{1 - year:04d}-{day:%m-%d}", " BC")
