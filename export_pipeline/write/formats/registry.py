"""Every format, one line each: the only place to add one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from export_pipeline.errors import ConfigError
from export_pipeline.write.formats.comma_separated import CSV
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.json_array import JSON
from export_pipeline.write.formats.json_lines import JSON_LINES
from export_pipeline.write.formats.parquet import PARQUET
from export_pipeline.write.formats.xlsx import XLSX

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {fmt.name: fmt for fmt in (PARQUET, CSV, JSON, JSON_LINES, XLSX)}
)
"""The formats by name."""


def find_format(name: str) -> Format:
    """Return the format called `name`. Raises: ConfigError that lists all."""
    if fmt := FORMATS.get(name):
        return fmt
    raise ConfigError(f"format {name!r} is unknown; there are {', '.join(FORMATS)}")
