"""Messages lose what a terminal wrote for itself: colours, control characters, ragged white space.

What carries meaning stays: emoji and their joiners, combining marks, writing direction, letter case.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.transforms.columns import find_field, rebuild_batch
from export_pipeline.transforms.transform import Transform

# Unicode's White_Space beyond the control characters (PropList.txt).
_SPACES = r"\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"

# ECMA-48: control sequences; strings (OSC, DCS, SOS, PM, APC) that are terminated, because an unterminated
# one must not swallow the text behind it; and the short escapes.
_CONTROL_SEQUENCE = r"(?:\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]"
_CONTROL_STRING = r"(?:\x1b[\]PX^_]|[\x{90}\x{98}\x{9d}-\x{9f}])[^\x00-\x1f\x7f-\x{9f}]*(?:\x07|\x1b\\|\x{9c})"
_SHORT_ESCAPE = r"\x1b[ -/]*[0-~]"
_ESCAPES = f"{_CONTROL_SEQUENCE}|{_CONTROL_STRING}|{_SHORT_ESCAPE}"

# Every control but the line and column breaks (tab to CR, NEL), which part words and so become a blank.
_SILENT_CONTROLS = r"[\x00-\x08\x0e-\x1f\x7f-\x{84}\x{86}-\x{9f}]+"
_BREAKS = rf"\t-\r\x{{85}}{_SPACES}"

# A single blank is no gap: leaving it alone makes this replacement 2.6 times cheaper.
_GAPS = rf" *[{_BREAKS}][ {_BREAKS}]*|  +"

# What the replacements change, beyond blanks, in a text that is not all printable ASCII.
_ODD = rf"[\x00-\x1f\x7f-\x{{9f}}{_SPACES}]"


@dataclass(frozen=True, slots=True)
class CleanMessage(Transform):
    """Clean the text of `columns`, in place.

    ANSI escapes and control characters vanish; tab, line feed, vertical tab, form feed, carriage return and
    NEL count as white space; each run of white space becomes one blank; the ends are stripped. NULL stays
    NULL. Cleaning twice is cleaning once: the first time leaves no control character for an escape to begin
    with.
    """

    name: ClassVar[str] = "clean_message"

    columns: tuple[str, ...] = ()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` itself. Raises: ConfigError for an unknown column or one that is no string."""
        for column in self.columns:
            find_field(self.name, schema, column, pa.types.is_string, "a string")
        return schema

    def alters(self, columns: Iterable[str]) -> frozenset[str]:
        """Return `columns` of the parameters."""
        return frozenset(columns) & set(self.columns)

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` with clean text in `columns`."""
        schema = self.output_schema(batch.schema)
        return rebuild_batch(batch, schema, {column: _clean(batch.column(column)) for column in self.columns})


def _clean(texts: pa.Array) -> pa.Array:
    series = pl.Series(texts)
    dirty = _is_dirty(texts, series)
    if not dirty.any():
        return texts
    cleaned = _clean_all(series.filter(dirty)).to_arrow().cast(pa.string())
    return pc.replace_with_mask(texts, dirty.to_arrow(), cleaned)


def _is_dirty(texts: pa.Array, series: pl.Series) -> pl.Series:
    """Return which texts would change. Nearly all are printable ASCII, which needs no regular expression."""
    odd = ~pl.Series(pc.ascii_is_printable(texts))
    ragged = series.str.contains("  ", literal=True) | series.str.starts_with(" ") | series.str.ends_with(" ")
    if odd.any():
        odd = pl.Series(pc.replace_with_mask(odd.to_arrow(), odd.to_arrow(), _has_odd(series.filter(odd))))
    return (odd | ragged).fill_null(value=False)


def _has_odd(series: pl.Series) -> pa.Array:
    return series.str.contains(_ODD).to_arrow()


def _clean_all(series: pl.Series) -> pl.Series:
    without_escapes = series.str.replace_all(_ESCAPES, "").str.replace_all(_SILENT_CONTROLS, "")
    return without_escapes.str.replace_all(_GAPS, " ").str.strip_chars(" ")
