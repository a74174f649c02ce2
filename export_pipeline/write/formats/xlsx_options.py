"""What may be chosen about a workbook, and what Excel's limits are."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
MAX_UNITS: Final = 32_767
"""Most UTF-16 units in a cell."""
MAX_NAME_UNITS: Final = 31
"""Most UTF-16 units in a sheet's name."""


class LongCells(StrEnum):
    """What becomes of text beyond MAX_UNITS: the export fails by name, or the text is cut and counted."""

    ERROR = "error"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """How sheets are written; `sheet_rows` counts the header and the row of totals in."""

    long_cells: LongCells = LongCells.ERROR
    totals: bool = False
    sheet_rows: int = MAX_ROWS


@dataclass(frozen=True, slots=True)
class WrittenSheet:
    """A finished sheet: its name in the file, its columns, and its rows of data."""

    name: str
    columns: tuple[str, ...]
    rows: int
    has_totals: bool
