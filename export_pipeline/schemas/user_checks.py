"""A function of the user's own as a rule of a column: `checked_by("mine:not_too_long")`.

The function takes the column as a Polars Series, or as an expression, as its first argument is annotated, and returns
true where the value is right. It must judge each value by itself: rows that it doubts are judged once more, without
the others.
"""

from functools import partial
from typing import Final

import polars as pl

from export_pipeline.errors import BrokenCheckError, ConfigError
from export_pipeline.schemas.rules import Kind, Rule
from export_pipeline.user_functions import UserFunction, failure_of, find_function

_EXAMPLE: Final = "def not_too_long(message: polars.Series) -> polars.Series"


def checked_by(path: str) -> Rule:
    """Ask that the function `path`, `module:function`, is true of each value.

    Raises: ConfigError for one that is not there, or takes neither a Series nor an expression.
    """
    _find(path)
    return Rule(path, Kind.CUSTOM, partial(_holds, path=path))


def _find(path: str) -> UserFunction:
    found = find_function(path, _EXAMPLE)
    if found.takes not in {pl.Series, pl.Expr}:
        raise ConfigError(
            f"{path}: its first argument is annotated {found.takes}; allowed are polars.Series and polars.Expr; for "
            f"example {_EXAMPLE}; see docs/custom.md"
        )
    found.accept({})
    return found


def _holds(column: str, *, path: str) -> pl.Expr:
    found = _find(path)
    if found.takes is pl.Series:
        return pl.col(column).map_batches(partial(_judged, path=path), return_dtype=pl.Boolean)
    try:
        condition = found.call(pl.col(column))
    except Exception as error:
        raise BrokenCheckError(failure_of(path, error)) from error
    if not isinstance(condition, pl.Expr):
        raise BrokenCheckError(f"{path} returned {type(condition).__name__} in place of a polars.Expr")
    return condition


def _judged(values: pl.Series, *, path: str) -> pl.Series:
    if values.is_empty():
        return pl.Series(dtype=pl.Boolean)
    try:
        judged = _find(path).call(values)
    except Exception as error:
        raise BrokenCheckError(failure_of(path, error)) from error
    if not isinstance(judged, pl.Series) or judged.dtype != pl.Boolean or judged.len() != values.len():
        given = f"{judged.len()} of {judged.dtype}" if isinstance(judged, pl.Series) else type(judged).__name__
        raise BrokenCheckError(f"{path} returned {given} in place of a Series of {values.len()} booleans")
    return judged
