"""Ready answers for usual purposes: the fields that a preset fills in, where nobody fills them in otherwise."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PRESETS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "none": {"format": "parquet", "long_cells": "error"},
        "training": {
            "format": "parquet",
            "compression": "zstd",
            "validation_level": "strict",
            "on_invalid": "quarantine",
            "split_rows": 1_000_000,
        },
        "audit": {"format": "csv", "compression": "gzip", "validation_level": "strict", "include_metadata": True},
        "ticket": {"format": "xlsx", "long_cells": "cut"},
    }
)
"""By name. `audit` keeps every row, with where it comes from; `training` only valid ones; `none` answers where they do
not."""
