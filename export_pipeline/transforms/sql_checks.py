"""What tells the rows for which an operation has no value, where Polars would go on with NULL, NaN or infinity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

import polars as pl

_FIRST, _LAST = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
_PER_DAY: Final = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


@dataclass(frozen=True, slots=True)
class Check:
    """Where `fails` is true, there is no result; `lack` and `advice` say what is wrong and what to do."""

    fails: pl.Expr
    lack: str
    advice: str

    @classmethod
    def of_divisor(cls, divisor: pl.Expr) -> Self:
        """Return the check that a divisor is not zero."""
        return cls(divisor == 0, "division by zero", "write nullif(divisor, 0) to get NULL")

    @classmethod
    def of_time(cls, result: pl.Expr, operands: Sequence[pl.Expr], guard: pl.Expr | None) -> Self:
        """Return the check that what is made of times that are there is there too."""
        lost = pl.all_horizontal(result.is_null(), *(one.is_not_null() for one in operands), *_taken(guard))
        return cls(lost, "a time that cannot be reckoned with", "leave such rows out")

    @classmethod
    def of_float(cls, result: pl.Expr, floats: Sequence[pl.Expr], guard: pl.Expr | None) -> Self:
        """Return the check that what is made of finite numbers is finite; `floats` are those that may not be."""
        lost = pl.all_horizontal(~result.is_finite(), *(one.is_finite() for one in floats), *_taken(guard))
        return cls(lost, "a result that is no number, or too large (NaN, infinity)", "leave such rows out, or use case")


def beyond_the_calendar(values: pl.Series) -> int:
    """Return how many dates or times lie outside the years 1 to 9999, which most readers cannot hold."""
    if not isinstance(values.dtype, pl.Date | pl.Datetime):
        return 0
    unit = 1 if isinstance(values.dtype, pl.Date) else _PER_DAY[values.dtype.time_unit]
    days = values.to_physical().cast(pl.Int64) // unit
    return int((~days.is_between(_FIRST, _LAST)).sum())


def _taken(guard: pl.Expr | None) -> list[pl.Expr]:
    return [] if guard is None else [guard]
