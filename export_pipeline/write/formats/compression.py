"""Which compression and which levels each format takes, and the formats that use them.

Text is compressed as a whole file (`codecs.py`), Parquet inside of it, column by column.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.codecs import CODECS
from export_pipeline.write.formats.compressed_writer import CompressedBatchWriter
from export_pipeline.write.formats.content_check import ContentCheck
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.parquet import PARQUET, parquet_with
from export_pipeline.write.formats.registry import find_format


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a compression, from fast to small; `default` when none is named. No level at all: both empty."""

    choices: range
    default: int | None

    def __str__(self) -> str:
        """Return `1 to 9`, or `no level`."""
        return f"{self.choices[0]} to {self.choices[-1]}" if self.choices else "no level"


_NO_LEVELS: Final = Levels(range(0), None)
_ZSTD: Final = Levels(range(1, 20), 1)
_TEXT: Final = {"none": _NO_LEVELS, "gzip": Levels(range(1, 10), 2), "zstd": _ZSTD}

_COMPRESSIONS: Final[Mapping[str, Mapping[str, Levels]]] = MappingProxyType(
    {
        "parquet": {"none": _NO_LEVELS, "snappy": _NO_LEVELS, "gzip": Levels(range(1, 10), 6), "zstd": _ZSTD},
        "csv": _TEXT,
        "json": _TEXT,
        "jsonl": _TEXT,
        "xlsx": {"none": _NO_LEVELS},  # a zip already
    }
)
"""By format and compression. A level above zstd's 19 would ask much memory of every reader."""


def compressions_of(fmt: Format) -> Mapping[str, Levels]:
    """Return what `fmt` can be compressed with, and the levels of each."""
    return _COMPRESSIONS[fmt.name]


def with_compression(fmt: Format, compression: str | None, level: int | None = None) -> Format:
    """Return the format that writes, and checks, files compressed like that; None: as `fmt` does by itself.

    Raises: ConfigError that lists what is allowed.
    """
    fmt = find_format(fmt.name)
    name = fmt.compression if compression is None else compression
    _require_allowed(fmt, name, level)
    chosen = _COMPRESSIONS[fmt.name][name].default if level is None else level
    if fmt.name == PARQUET.name:
        return parquet_with(name, chosen)
    if name not in CODECS or chosen is None or not isinstance(fmt.check, ContentCheck):
        return fmt
    codec = CODECS[name]
    return replace(
        fmt,
        extension=fmt.extension + codec.extension,
        media_type=codec.media_type,
        compression=name,
        open=partial(CompressedBatchWriter, fmt.open, codec, chosen),
        check=replace(fmt.check, opened=codec.opened),
    )


def _require_allowed(fmt: Format, compression: str, level: int | None) -> None:
    choices = compressions_of(fmt)
    if compression not in choices:
        raise ConfigError(f"compression {compression!r} does not go with {fmt.name}; choose among {', '.join(choices)}")
    levels = choices[compression]
    if level is not None and level not in levels.choices:
        allowed = f"give {levels}" if levels.choices else "leave it out: there are no levels"
        raise ConfigError(f"compression level {level} does not go with {fmt.name} and {compression}; {allowed}")
