"""A batch as the values of cells, ready to be written: the texts escaped, and those that are too long dealt with."""

from collections import Counter
from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from export_pipeline.errors import ConfigError, UnrepresentableValueError
from export_pipeline.write.formats.format import check_columns
from export_pipeline.write.formats.kinds import Kind, kind_of
from export_pipeline.write.formats.xlsx_options import MAX_COLUMNS, MAX_UNITS, LongCells
from export_pipeline.write.formats.xlsx_text import cut, escape_column, long_texts
from export_pipeline.write.formats.xlsx_values import Form, Values, cell_values


class CellEncoder:
    """Encodes the batches of one dataset; `cut_cells` counts the texts that were cut, by column.

    Raises: ConfigError when Excel has no room for the columns, or no form for one.
    """

    def __init__(self, schema: pa.Schema, long_cells: LongCells) -> None:
        if len(schema) > MAX_COLUMNS:
            raise ConfigError(f"xlsx: {len(schema)} columns are more than Excel's {MAX_COLUMNS}; choose fewer")
        check_columns(schema, "xlsx")
        for field in schema:
            if kind_of(field.type) is Kind.UNSUPPORTED:
                raise ConfigError(f"xlsx: column {field.name} of type {field.type} has no form; publish it as text")
        self.cut_cells: Counter[str] = Counter()
        self._schema = schema
        self._long_cells = long_cells
        self._rows = 0

    def encode(self, batch: pa.RecordBatch) -> Sequence[Values]:
        """Return the values of each column, the texts as XML.

        Raises: UnrepresentableValueError for text that is too long.
        """
        columns = [
            self._as_xml(field.name, cell_values(column))
            for field, column in zip(self._schema, batch.columns, strict=True)
        ]
        self._rows += batch.num_rows
        return columns

    def _as_xml(self, name: str, values: Values) -> Values:
        if (texts := values.get(Form.TEXT)) is None:
            return values
        return {**values, Form.TEXT: escape_column(self._fitting(name, texts))}

    def _fitting(self, name: str, texts: pl.Series) -> pl.Series:
        if not (positions := long_texts(texts)):
            return texts
        if self._long_cells is LongCells.ERROR:
            raise UnrepresentableValueError(
                f"xlsx: column {name}, row {self._rows + positions[0] + 1} of the data: the text is longer than "
                f"Excel's {MAX_UNITS} characters a cell; choose long_cells=cut, leave the column out, "
                "or take another format"
            )
        self.cut_cells[name] += len(positions)
        fitting = texts.to_list()
        for position in positions:
            fitting[position] = cut(fitting[position])
        return pl.Series(fitting, dtype=pl.String)
