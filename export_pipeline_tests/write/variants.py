"""Every registered format in every compression that it takes: what the contracts are held to."""

from collections.abc import Mapping
from typing import Final

from export_pipeline.write.formats.compression import compressions_of, with_compression
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.registry import FORMATS


def _variants() -> dict[str, Format]:
    return {
        f"{name} {compression}": with_compression(fmt, compression)
        for name, fmt in FORMATS.items()
        for compression in compressions_of(fmt)
    }


VARIANTS: Final[Mapping[str, Format]] = _variants()
"""By `csv gzip`."""
