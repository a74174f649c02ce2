"""The row below the data that adds the columns of numbers, by formula and with the result."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl
import pyarrow as pa

from export_pipeline.write.formats.kinds import Kind, kind_of
from export_pipeline.write.formats.xlsx_cells import cell, row_xml, sum_cell
from export_pipeline.write.formats.xlsx_styles import HEADER, Style, style_of
from export_pipeline.write.formats.xlsx_values import Form, Values

_ADDED: Final = frozenset({Kind.WHOLE, Kind.FLOAT, Kind.DECIMAL})
_LABEL: Final = "Total"


def totals_style(field: pa.Field) -> Style:
    """Return the style of a column's total."""
    return Style(style_of(field).number_format, bold=True)


class Totals:
    """Adds up the columns of one sheet, in doubles as Excel does."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._sums = {column: 0.0 for column, field in enumerate(schema) if kind_of(field.type) in _ADDED}
        self._texts = dict.fromkeys(self._sums, 0)
        self._label = next((column for column in range(len(schema)) if column not in self._sums), None)

    def add(self, columns: Sequence[Values]) -> None:
        """Add the rows of a batch."""
        for column in self._sums:
            values = columns[column]
            self._sums[column] += float(values[Form.NUMBER].cast(pl.Float64).sum())
            if (texts := values.get(Form.TEXT)) is not None:
                self._texts[column] += texts.count()

    def row(self, row: int, styles: Mapping[Style, int]) -> bytes:
        """Return the row, below one row of data or more. Its label is in the first column that is not added."""
        cells = {column: self._sum(column, row, styles) for column in self._sums}
        if self._label is not None:
            cells[self._label] = cell(self._label, row, styles[HEADER], Form.TEXT, _LABEL)
        return row_xml(row, (cells[column] for column in sorted(cells)))

    def _sum(self, column: int, row: int, styles: Mapping[Style, int]) -> str:
        """Return a column's total, or why there is none: a sum that leaves values out unsaid would be wrong."""
        if texts := self._texts[column]:
            return cell(column, row, styles[HEADER], Form.TEXT, f"no total: {texts} as text")
        if not math.isfinite(self._sums[column]):
            return cell(column, row, styles[HEADER], Form.TEXT, "no total: too large")
        field = self._schema.field(column)
        return sum_cell(column, row, styles[totals_style(field)], _rounded(self._sums[column], field.type))


def _rounded(total: float, type_: pa.DataType) -> float:
    """Return the sum of decimals without the traces of doubles behind their last place."""
    return round(total, type_.scale) if kind_of(type_) is Kind.DECIMAL else total
