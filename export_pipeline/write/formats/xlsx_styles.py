"""How columns look: their number formats by type, and their widths by the first rows.

A time with a zone is in UTC and shows a Z, because Excel's own times have no zone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from export_pipeline.write import hints
from export_pipeline.write.formats.kinds import Kind, kind_of
from export_pipeline.write.formats.xlsx_values import Form, Values

_MAX_PLACES: Final = 30
_CLOCK: Final = "hh:mm:ss"
_FRACTION: Final = ".000"
_AMOUNT_PLACES: Final = ".00"
_NARROWEST: Final = 8
_WIDEST: Final = 60
_ARROW_WIDTH: Final = 3  # of the filter's arrow in the header
_USUAL_SHARE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Style:
    """A number format in Excel's words, in bold or not."""

    number_format: str
    bold: bool = False


HEADER: Final = Style("@", bold=True)
TEXT: Final = Style("@")
"""Text stays text when somebody edits the cell, also if it begins with an equals sign."""
PLAIN: Final = Style("General")


def style_of(field: pa.Field) -> Style:
    """Return the style of a column's cells."""
    type_ = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    kind = kind_of(type_)
    if kind in {Kind.WHOLE, Kind.FLOAT, Kind.DECIMAL} and (currency := hints.currency(field)):
        return Style(f"[${currency}] #,##0{_AMOUNT_PLACES if kind is Kind.FLOAT else _places(type_)}")
    return Style(_FORMATS[kind](type_)) if kind in _FORMATS else TEXT


def width_of(field: pa.Field, values: Values) -> float:
    """Return the width of a column, in characters, that shows its header and nearly all of the first `values`."""
    usual = max((_usual_length(form, series, style_of(field)) for form, series in values.items()), default=0)
    return max(_NARROWEST, min(_WIDEST, max(usual + 1, len(field.name) + _ARROW_WIDTH)))


def _usual_length(form: Form, values: pl.Series, style: Style) -> float:
    if form is Form.NUMBER and style.number_format.startswith(("yyyy", "hh")):
        return len(style.number_format)
    spare = len(style.number_format) if form is Form.NUMBER and "#" in style.number_format else 0
    return (values.str.len_chars().quantile(_USUAL_SHARE) or 0) + spare


def _places(type_: pa.DataType) -> str:
    """Return `.00` for as many decimal places as a whole number or a decimal has."""
    places = min(getattr(type_, "scale", 0), _MAX_PLACES)
    return f".{'0' * places}" if places > 0 else ""


def _clock(type_: pa.DataType) -> str:
    return _CLOCK if type_.unit == "s" else _CLOCK + _FRACTION


_FORMATS: Final[Mapping[Kind, Callable[[pa.DataType], str]]] = {
    Kind.WHOLE: lambda _: "0",
    Kind.DECIMAL: lambda type_: f"0{_places(type_)}",
    Kind.FLOAT: lambda _: PLAIN.number_format,
    Kind.BOOL: lambda _: PLAIN.number_format,
    Kind.DATE: lambda _: "yyyy-mm-dd",
    Kind.TIME: _clock,
    Kind.TIMESTAMP: lambda type_: f"yyyy-mm-dd {_clock(type_)}" + ('"Z"' if type_.tz else ""),
}
