"""What becomes of the rows: files of which format and size, in an archive or not, and where they go."""

from dataclasses import dataclass
from typing import Final

from export_pipeline.on_demand.fields import RequestFields
from export_pipeline.on_demand.mistakes import Mistakes
from export_pipeline.write.formats.compression import with_compression
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS

STREAM: Final = "-"
"""The output that is no file but the standard output."""
XLSX: Final = "xlsx"
_STREAMED: Final = ("csv", "json", "jsonl")


@dataclass(frozen=True, slots=True)
class Packing:
    """`split_rows` and `split_bytes` begin a new file; `output` is None for the export's own folder."""

    fmt: Format
    split_rows: int | None = None
    split_bytes: int | None = None
    is_zip: bool = False
    has_manifests: bool = False
    """Whether the manifests go into the archive, too."""
    output: str | None = None

    @property
    def is_workbook(self) -> bool:
        """Whether all datasets become sheets of one file."""
        return self.fmt.name == XLSX

    @property
    def is_split(self) -> bool:
        """Whether a dataset may become several files."""
        return self.split_rows is not None or self.split_bytes is not None

    def stem(self, dataset: str, number: int) -> str:
        """Return what the name of file `number`, from 1 on, of the dataset begins with."""
        return f"{dataset}-{number:05d}" if self.is_split else dataset


def packing_of(fields: RequestFields, mistakes: Mistakes) -> Packing:
    """Return how the request's files are made; what cannot be is noted in `mistakes`."""
    fmt = FORMATS.get(fields.format)
    if fmt is None:
        mistakes.add("format", f"{fields.format!r} is unknown; there are {', '.join(FORMATS)}")
        fmt = FORMATS["parquet"]
    with mistakes.noted("compression"):
        fmt = with_compression(
            fmt, None if fields.compression == "default" else fields.compression, fields.compression_level
        )
    packing = Packing(
        fmt, fields.split_rows, fields.split_bytes, fields.zip, bool(fields.include_metadata), fields.output
    )
    if packing.is_workbook and (packing.is_split or packing.is_zip):
        mistakes.add("format", "xlsx is one file, and a zip archive already; leave split_rows, split_bytes and zip out")
    if fields.totals and not packing.is_workbook:
        mistakes.add("totals", "they are for xlsx; choose that format, or leave them out")
    if fields.long_cells != "default" and not packing.is_workbook:
        mistakes.add("long_cells", "they are for xlsx; choose that format, or leave it out")
    if fields.output == STREAM:
        _check_stream(fields, packing, mistakes)
    return packing


def _check_stream(fields: RequestFields, packing: Packing, mistakes: Mistakes) -> None:
    if fields.format not in _STREAMED:
        mistakes.add("output", f"the standard output takes {', '.join(_STREAMED)}, not {fields.format}")
    if len(fields.datasets) + len(fields.tables) > 1 or packing.is_split or packing.is_zip:
        mistakes.add("output", "the standard output takes one dataset, neither split nor zipped")
