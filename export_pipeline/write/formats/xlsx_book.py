"""The sheets of a workbook on their way into the package, one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Final

from export_pipeline.write.formats.xlsx_names import sheet_name
from export_pipeline.write.formats.xlsx_package import MAX_PART_BYTES, Package
from export_pipeline.write.formats.xlsx_skeleton import Layout, frame, parts, sheet_path
from export_pipeline.write.formats.xlsx_styles import HEADER, TEXT, Style

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MAX_ROWS_BYTES: Final = MAX_PART_BYTES - (16 << 20)
"""What surrounds the rows, and a row of totals, need room, too."""


class Book:
    """Writes whole sheets, row by row as XML, and at the end what they share. The sink stays open."""

    def __init__(self, sink: BinaryIO) -> None:
        self._package = Package(sink)
        self._layouts: list[Layout] = []
        self._styles: list[Style] = []
        self._bytes = 0

    def begin(
        self, name: str, widths: Sequence[float], styles: Sequence[Style], *, is_table: bool
    ) -> Mapping[Style, int]:
        """Begin a sheet called `name`, or nearly so; return the numbers of the styles that its cells may have."""
        self._styles = list(dict.fromkeys((*self._styles, HEADER, TEXT, *styles)))
        free_name = sheet_name(name, [layout.name for layout in self._layouts])
        self._layouts.append(Layout(free_name, tuple(widths), is_table))
        around = frame(self._layouts[-1], self._styles, is_first=len(self._layouts) == 1)
        self._package.begin(sheet_path(len(self._layouts)))
        self._package.write(around.before)
        self._bytes = 0
        return around.styles

    def has_room(self, rows: memoryview) -> bool:
        """Whether the sheet may grow by that much."""
        return self._bytes + rows.nbytes <= _MAX_ROWS_BYTES

    def write(self, rows: "ReadableBuffer") -> None:
        """Write the XML of some rows."""
        self._package.write(rows)
        self._bytes += memoryview(rows).nbytes

    def end(self, rows: int) -> str:
        """End the sheet; the filters of a table are over its first `rows` rows. Return the sheet's name."""
        self._layouts[-1] = replace(self._layouts[-1], rows=rows)
        self._package.write(frame(self._layouts[-1], self._styles, is_first=False).after)
        self._package.end()
        return self._layouts[-1].name

    def finish(self) -> None:
        """Write the list of the sheets and what they share."""
        written = {sheet_path(number) for number in range(1, len(self._layouts) + 1)}
        for path, content in parts(self._layouts, self._styles).items():
            if path not in written:
                self._package.put(path, content)
        self._package.close()
