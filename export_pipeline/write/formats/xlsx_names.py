"""Names of sheets as Excel takes them: short, without its special characters, each one once whatever its case."""

import re
from collections.abc import Collection
from itertools import count
from typing import Final

from export_pipeline.write.formats.xlsx_options import MAX_NAME_UNITS

_REFUSED: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff\\[\\]:*?/\\\\]")
_RESERVED: Final = "history"


def sheet_name(wanted: str, used: Collection[str]) -> str:
    """Return `wanted` as a name that Excel takes; `wanted (2)` and so on where it is among `used`."""
    plain = _REFUSED.sub("_", wanted)
    taken = {name.casefold() for name in used} | {_RESERVED}
    names = (_shortened(plain, suffix) for suffix in _suffixes())
    return next(name for name in names if name.casefold() not in taken)


def _suffixes() -> "map[str]":
    return map(lambda number: f" ({number})" if number > 1 else "", count(1))  # noqa: C417 - endless


def _shortened(name: str, suffix: str) -> str:
    """Return `name` and `suffix` in the room there is; no name is empty, or begins or ends with an apostrophe."""
    room = 2 * (MAX_NAME_UNITS - len(suffix))
    cut = name.encode("utf-16-le")[:room].decode("utf-16-le", "ignore")
    return (cut.strip("' ") or "sheet") + suffix
