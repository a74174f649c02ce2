"""Computed fields: further columns, each made of a row's other columns by an expression in SQL's words.

`profit=sale-cost`, `hour=extract(hour from timestamp)`. What may stand in one and how exact it is: docs/custom.md.
The reading of expressions is in `sql_expression.py`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

import polars as pl
import pyarrow as pa
from polars.exceptions import PolarsError

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.columns import rebuild_batch
from export_pipeline.transforms.plain_types import plain_array, plain_type
from export_pipeline.transforms.sql_checks import Check, beyond_the_calendar
from export_pipeline.transforms.sql_expression import Calculation, calculation
from export_pipeline.transforms.transform import Input, Lineage, Transform

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUES: Final = re.compile(r": \[.*", re.DOTALL)
"""Where a message of Polars goes on with the values of rows."""


@dataclass(frozen=True, slots=True)
class Computed:
    """One computed field: its name, and its expression in SQL's words."""

    name: str
    expression: str

    def __str__(self) -> str:
        return f"{self.name}={self.expression}"


def parse_compute(text: str) -> Computed:
    """Return the field of `name=expression`. Raises: ConfigError for another form."""
    name, _, expression = (part.strip() for part in text.partition("="))
    if not _NAME.fullmatch(name) or not expression:
        raise ConfigError(
            f"{text!r} is no computed field; write name=expression, the name of letters, digits and _, for example "
            "profit=sale-cost"
        )
    return Computed(name, expression)


def problems(fields: Sequence[Computed], schema: pa.Schema) -> list[str]:
    """Return what is wrong with each of `fields` over columns of `schema`; later ones may use those before them."""
    found = []
    for one in fields:
        try:
            schema = schema.append(_output_field(one, schema))
        except ConfigError as error:
            found.append(f"{one}: {error}")
            schema = _taken(one.name, schema)
    return found


@dataclass(frozen=True, slots=True)
class ComputeFields(Transform):
    """Append one column for each of `fields`, computed from the columns before it.

    Whole numbers are int64 and decimals have all their digits, or there is an error; a division by zero is one.
    """

    name: ClassVar[str] = "compute"

    fields: tuple[Computed, ...] = ()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` with the computed columns at its end. Raises: ConfigError with all that is wrong."""
        if found := problems(self.fields, schema):
            raise ConfigError(f"transform {self.name}: {'; '.join(found)}")
        for one in self.fields:
            schema = schema.append(_output_field(one, schema))
        return schema

    def lineage(self) -> Lineage:
        """Return that each field is made of the columns in its expression."""
        made: dict[str, tuple[Input, ...]] = {}
        for one in self.fields:
            names = pl.sql_expr(one.expression).meta.root_names()
            inputs = (inner for name in dict.fromkeys(names) for inner in made.get(name, (Input(name),)))
            made[one.name] = tuple(dict.fromkeys(inputs))
        return made

    def alters(self, columns: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - the base's argument
        """Return nothing: columns are only appended."""
        return frozenset()

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` with the computed columns. Raises: TransformError where a value cannot be had."""
        for one in self.fields:
            field = _output_field(one, batch.schema)
            batch = rebuild_batch(batch, batch.schema.append(field), {one.name: _values(one, field, batch)})
        return batch


def _taken(name: str, schema: pa.Schema) -> pa.Schema:
    return schema if name in schema.names else schema.append(pa.field(name, pa.null()))


def _output_field(one: Computed, schema: pa.Schema) -> pa.Field:
    if one.name in schema.names:
        raise ConfigError(f"there is a column {one.name} already; give the field another name")
    return pa.field(one.name, _output_type(one.expression, schema))


@lru_cache(maxsize=256)
def _output_type(expression: str, schema: pa.Schema) -> pa.DataType:
    columns = _columns(schema)
    result = columns.select(_calculation(expression, schema).expression.alias("_"))
    return plain_type(result.to_arrow(compat_level=pl.CompatLevel.oldest()).schema.field(0).type)


@lru_cache(maxsize=256)
def _calculation(expression: str, schema: pa.Schema) -> Calculation:
    return calculation(expression, _columns(schema))


def _failing(checks: Sequence[Check], frame: pl.DataFrame) -> tuple[int, ...]:
    counts = [check.fails.sum().alias(f"{number}") for number, check in enumerate(checks)]
    return frame.select(counts).row(0) if counts else ()


def _columns(schema: pa.Schema) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(schema.empty_table()))


def _values(one: Computed, field: pa.Field, batch: pa.RecordBatch) -> pa.Array:
    computed = _calculation(one.expression, batch.schema)
    frame = pl.DataFrame(pl.from_arrow(batch.select(list(computed.inputs))))
    try:
        for check, rows in zip(computed.checks, _failing(computed.checks, frame), strict=True):
            if rows:
                raise TransformError(f"computed field {one}: {check.lack} in {rows} rows of a batch; {check.advice}")
        series = frame.select(computed.expression.alias(one.name)).to_series()
    except PolarsError as error:
        said = _VALUES.sub("", str(error).strip().partition("\n")[0])
        raise TransformError(f"computed field {one}: {said}; cast to a wider type, or leave such rows out") from None
    if series.len() == 1 != batch.num_rows:  # an expression without columns
        series = series.new_from_index(0, batch.num_rows)
    if rows := beyond_the_calendar(series):
        raise TransformError(
            f"computed field {one}: a year before 1 or after 9999 in {rows} rows of a batch; leave such rows out"
        )
    return plain_array(series.to_arrow(compat_level=pl.CompatLevel.oldest()), field.type)
