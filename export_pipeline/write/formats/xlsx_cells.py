"""The XML of cells and rows: single cells by hand, whole batches by Polars' string kernels.

3 CPU-s per million log rows of 10 columns. xlsxwriter's own cells take 50, show a text `<r>…</r>` as markup, and
round doubles to 16 digits.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl
from xlsxwriter.utility import xl_col_to_name

from export_pipeline.write.formats import value_text
from export_pipeline.write.formats.xlsx_text import escape
from export_pipeline.write.formats.xlsx_values import Form, Values

_AROUND: Final = {
    Form.NUMBER: ('"><v>', "</v></c>"),
    Form.FLAG: ('" t="b"><v>', "</v></c>"),
    Form.TEXT: ('" t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"),
}
_ROW: Final = "row"


def cell(column: int, row: int, style: int, form: Form, content: str) -> str:
    """Return the XML of one cell; `column` is counted from 0, `row` from 1, `content` is XML already."""
    before, after = _AROUND[form]
    return f'<c r="{xl_col_to_name(column)}{row}" s="{style}{before}{content}{after}'


def sum_cell(column: int, row: int, style: int, total: float) -> str:
    """Return a cell that adds what lies between it and the header and is not filtered away, with the result."""
    name = xl_col_to_name(column)
    formula = f"SUBTOTAL(109,{name}2:{name}{row - 1})"
    return f'<c r="{name}{row}" s="{style}"><f>{formula}</f><v>{total!r}</v></c>'


def row_xml(row: int, cells: Iterable[str]) -> bytes:
    """Return the XML of one row."""
    return f'<row r="{row}">{"".join(cells)}</row>'.encode()


def header_xml(names: Sequence[str], style: int) -> bytes:
    """Return the first row."""
    return row_xml(1, (cell(column, 1, style, Form.TEXT, escape(name)) for column, name in enumerate(names)))


def rows_xml(columns: Sequence[Values], styles: Sequence[int], text_style: int, first_row: int) -> memoryview:
    """Return the rows of a batch, of one row or more; texts are XML already, `styles` are those of the columns."""
    rows = len(next(iter(columns[0].values())))
    numbers = pl.Series(_ROW, range(first_row, first_row + rows)).cast(pl.String)
    cells = [
        _cells(xl_col_to_name(column), text_style if form is Form.TEXT else style, form, series)
        for column, (values, style) in enumerate(zip(columns, styles, strict=True))
        for form, series in values.items()
    ]
    row = pl.concat_str([pl.lit('<row r="'), pl.col(_ROW), pl.lit('">'), *cells, pl.lit("</row>")])
    return value_text.content(pl.DataFrame([numbers]).select(row).to_series())


def _cells(name: str, style: int, form: Form, values: pl.Series) -> pl.Expr:
    """Return the cells of one form in a column; nothing where `values` are null."""
    before, after = _AROUND[form]
    pieces = [pl.lit(f'<c r="{name}'), pl.col(_ROW), pl.lit(f'" s="{style}{before}'), pl.lit(values), pl.lit(after)]
    return pl.concat_str(pieces).fill_null("")
