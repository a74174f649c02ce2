"""Whether the name that somebody gives to a file says what will be in it."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.packing import Packing
from export_pipeline.write.formats import zip_archive
from export_pipeline.write.formats.codecs import CODECS
from export_pipeline.write.formats.registry import FORMATS

_OPTIONS: Final = {
    **{fmt.extension: f"--format {fmt.name}" for fmt in FORMATS.values()},
    **{codec.extension: f"--compression {name}" for name, codec in CODECS.items()},
    zip_archive.EXTENSION: "--zip",
}
"""By the end of a name, what makes a file of that kind."""
_WHOLE: Final = (FORMATS["parquet"].extension, FORMATS["xlsx"].extension)
"""Of formats that no compression gives another end to."""


def require_true_name(name: str, packing: Packing) -> None:
    """Raise ConfigError for a name that ends like another kind of file; one without a known end may be anything."""
    extension = zip_archive.EXTENSION if packing.is_zip else packing.fmt.extension
    named, written = _known_ends(name), _known_ends(f"x{extension}")
    shared = min(len(named), len(written))
    if shared and named[-shared:] != written[-shared:]:
        raise ConfigError(f"{name} would hold {_content(packing)}; {_advice(named, written)}end it in {extension}")


def _known_ends(name: str) -> Sequence[str]:
    """Return the ends that a name has, the last one last: `.csv`, `.gz`."""
    ends: list[str] = []
    path = PurePosixPath(name)
    while path.suffix.lower() in _OPTIONS:
        ends.insert(0, path.suffix.lower())
        path = PurePosixPath(path.stem)
    return ends


def _advice(named: Sequence[str], written: Sequence[str]) -> str:
    """Return how to get what the name says, where that can be had."""
    if written[0] == zip_archive.EXTENSION:
        return "leave zip out, or "
    if written[0] in _WHOLE and set(named) <= {end.extension for end in CODECS.values()}:
        return ""
    options = " ".join(_OPTIONS[end] for end in named if end not in written) or "--compression none"
    return f"add {options}, or "


def _content(packing: Packing) -> str:
    if packing.is_zip:
        return "a zip archive"
    fmt = packing.fmt
    kind = fmt.name.capitalize() if fmt.name == "parquet" else fmt.name.upper()
    return f"{kind} compressed with {fmt.compression}" if fmt.compression in CODECS and kind != "Parquet" else kind
