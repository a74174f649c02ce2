"""Makes the pandera schema of a dataset, at a level, from its columns' rules.

The columns are declared once, in `datasets/`; pandera's own types follow from their Arrow types.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import pandera.polars as pandera
import polars as pl
import pyarrow as pa
from pandera.api.polars.types import PolarsData

from export_pipeline.schemas.policy import Level
from export_pipeline.schemas.rules import Kind, Rule


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """A column as validation sees it: its Arrow type, whether it may be NULL, the rules for its values.

    Values of a `personal` column appear in no sample of failures.
    """

    name: str
    type: pa.DataType
    required: bool
    rules: tuple[Rule, ...] = ()
    personal: bool = False

    def at_level(self, level: Level) -> "CheckedColumn":
        """Return the column with the rules that `level` knows; uniqueness is the key's, see `keys.py`."""
        if level is Level.STRICT:
            return self
        kept = tuple(rule for rule in self.rules if rule.kind is Kind.DOMAIN)
        return replace(self, rules=kept)


def frame_schema(columns: Sequence[CheckedColumn]) -> pandera.DataFrameSchema:
    """Return the pandera schema: every column there, of its type, not NULL where required, its rules kept."""
    return pandera.DataFrameSchema(
        {
            column.name: pandera.Column(
                _polars_type(column.type),
                nullable=not column.required,
                checks=[pandera_check(rule) for rule in column.rules],
            )
            for column in columns
        }
    )


def pandera_check(rule: Rule) -> pandera.Check:
    """Return `rule` as a pandera check; its title is the rule's kind, its name the rule's."""
    return pandera.Check(partial(_holds, rule=rule), name=rule.name, title=rule.kind.value)


def holds_or_null(rule: Rule, column: str) -> pl.Expr:
    """Return the rule's expression with NULL counted as kept."""
    return rule.holds(column).fill_null(value=True)


def _holds(data: PolarsData, *, rule: Rule) -> pl.LazyFrame:
    return data.lazyframe.select(holds_or_null(rule, str(data.key)))


@cache
def _polars_type(arrow_type: pa.DataType) -> pl.DataType:
    return pl.from_arrow(pa.array([], arrow_type)).dtype  # type: ignore[union-attr] # an array gives a Series
