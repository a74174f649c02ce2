import polars as pl
import pyarrow as pa
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.xlsx_styles import style_of, width_of
from export_pipeline.write.formats.xlsx_values import Form
from export_pipeline.write.hints import published_field


@pytest.mark.parametrize(
    ("type_", "number_format"),
    [
        (pa.int64(), "0"),
        (pa.decimal128(10, 3), "0.000"),
        (pa.decimal128(10, 0), "0"),
        (pa.decimal128(5, -2), "0"),
        (pa.float32(), "General"),
        (pa.bool_(), "General"),
        (pa.date32(), "yyyy-mm-dd"),
        (pa.time64("us"), "hh:mm:ss.000"),
        (pa.timestamp("us"), "yyyy-mm-dd hh:mm:ss.000"),
        (pa.timestamp("us", "Europe/Berlin"), 'yyyy-mm-dd hh:mm:ss.000"Z"'),
        (pa.timestamp("s", "UTC"), 'yyyy-mm-dd hh:mm:ss"Z"'),
        (pa.string(), "@"),
        (pa.list_(pa.int64()), "@"),
        (pa.dictionary(pa.int8(), pa.int64()), "0"),
    ],
    ids=str,
)
def test_a_column_has_the_number_format_of_its_type(type_: pa.DataType, number_format: str) -> None:
    assert style_of(published_field("a", type_, "")).number_format == number_format


@pytest.mark.parametrize(
    ("type_", "number_format"),
    [
        (pa.decimal128(10, 3), "[$EUR] #,##0.000"),
        (pa.float64(), "[$EUR] #,##0.00"),
        (pa.int64(), "[$EUR] #,##0"),
        (pa.string(), "@"),
    ],
    ids=str,
)
def test_amounts_of_a_currency_are_shown_in_it(type_: pa.DataType, number_format: str) -> None:
    assert style_of(published_field("a", type_, "", currency="EUR")).number_format == number_format


def test_a_currency_is_a_code_of_three_letters() -> None:
    with pytest.raises(ConfigError, match="'euro' is no currency; give its code of three letters, such as EUR"):
        published_field("a", pa.int64(), "", currency="euro")
    with pytest.raises(ConfigError, match="is no currency"):
        style_of(pa.field("a", pa.int64(), metadata={"currency": '"];@'}))


def test_a_column_is_as_wide_as_its_header_and_nearly_all_values_up_to_a_limit() -> None:
    texts = pl.Series(["x" * 20] * 99 + ["x" * 500])
    assert width_of(pa.field("a", pa.string()), {Form.TEXT: texts}) == 21
    assert width_of(pa.field("a", pa.string()), {Form.TEXT: texts.tail(1)}) == 60
    assert width_of(pa.field("a", pa.string()), {Form.TEXT: pl.Series([None], dtype=pl.String)}) == 8
    assert width_of(pa.field("a_long_header", pa.string()), {}) == 16
    assert width_of(pa.field("a", pa.timestamp("us")), {Form.NUMBER: pl.Series(["46023.0"])}) == 24
