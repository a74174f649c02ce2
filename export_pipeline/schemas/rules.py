"""Reusable rules for columns: what a value must be like, as a named Polars expression.

A `Rule` is a frozen, picklable value. `frame_schema.py` makes pandera checks of rules, `suspects.py` a quick mask,
both from the same expression, so they cannot disagree. A NULL breaks no rule: whether it may be there is the
column's `required`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import polars as pl

Expression = Callable[[str], pl.Expr]


class Kind(StrEnum):
    """What a rule speaks of; `basic` validation knows only domains."""

    DOMAIN = "domain"
    RANGE = "range"
    PATTERN = "pattern"
    CROSS_FIELD = "cross-field"
    UNIQUENESS = "uniqueness"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on a column; `holds(column)` is true, or NULL, where the condition is kept."""

    name: str
    kind: Kind
    holds: Expression


def one_of(*words: str, casefold: bool = False) -> Rule:
    """Allow these words only; with `casefold` in any case and with blanks around."""
    allowed = tuple(word.lower() for word in words) if casefold else words
    return Rule(f"one of {', '.join(words)}", Kind.DOMAIN, partial(_is_word, allowed=allowed, casefold=casefold))


def syslog_level() -> Rule:
    """Allow syslog's eight severity words (RFC 5424, 6.2.1) in any case, and their usual short forms."""
    return Rule(
        "syslog level",
        Kind.DOMAIN,
        partial(_is_word, allowed=(*SYSLOG_LEVELS, *SYSLOG_ALIASES), casefold=True),
    )


def between(low: float, high: float) -> Rule:
    """Allow numbers of `low` to `high`, both included; NaN is outside."""
    return Rule(f"between {low} and {high}", Kind.RANGE, partial(_is_between, low=low, high=high))


def within_domain(low: int, high: int) -> Rule:
    """Allow the whole numbers `low` to `high` as the column's domain, such as a scale of 1 to 5."""
    return Rule(f"{low} to {high}", Kind.DOMAIN, partial(_is_between, low=low, high=high))


def matches(pattern: str, name: str) -> Rule:
    """Allow texts in which the regular expression `pattern` (Rust's dialect) is found."""
    return Rule(name, Kind.PATTERN, partial(_is_match, pattern=pattern))


def not_before(other: str) -> Rule:
    """Ask that the column's time is not before that of column `other`."""
    return Rule(f"not before {other}", Kind.CROSS_FIELD, partial(_is_not_before, other=other))


def not_among(duplicates: pl.DataFrame) -> Rule:
    """Ask that the row's key, in the columns of `duplicates`, is none of the keys that the source holds twice."""
    return Rule("unique key", Kind.UNIQUENESS, partial(_is_no_duplicate, duplicates=duplicates))


SYSLOG_LEVELS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
SYSLOG_ALIASES = ("emerg", "panic", "crit", "err", "warn", "informational", "information")

# What Arrow's utf8_trim_whitespace takes off, with which `canonicalize_level` resolves the same words: Unicode's
# White_Space, and the four separators U+001C to U+001F that Polars' own set lacks.
_BLANKS = (
    "".join(
        map(chr, (*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029))
    )
    + "\u202f\u205f\u3000"
)


def _is_word(column: str, *, allowed: tuple[str, ...], casefold: bool) -> pl.Expr:
    value = pl.col(column)
    return (value.str.strip_chars(_BLANKS).str.to_lowercase() if casefold else value).is_in(allowed)


def _is_between(column: str, *, low: float, high: float) -> pl.Expr:
    # Polars orders NaN above every number, so is_between leaves it outside.
    return pl.col(column).is_between(low, high)


def _is_match(column: str, *, pattern: str) -> pl.Expr:
    return pl.col(column).str.contains(pattern)


def _is_not_before(column: str, *, other: str) -> pl.Expr:
    return pl.col(column) >= pl.col(other)


def _is_no_duplicate(column: str, *, duplicates: pl.DataFrame) -> pl.Expr:  # noqa: ARG001 - the whole key counts
    known = duplicates.select(pl.struct(duplicates.columns)).to_series()
    return ~pl.struct(duplicates.columns).is_in(known.implode())
