"""What a published file's name says of its content, for browsers and other programs that ask storage for it."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from export_pipeline.write.formats import zip_archive
from export_pipeline.write.formats.codecs import CODECS
from export_pipeline.write.formats.registry import FORMATS

_UNKNOWN: Final = "application/octet-stream"
_BY_SUFFIX: Final[Mapping[str, str]] = {
    **{fmt.extension: fmt.media_type for fmt in FORMATS.values()},
    **{codec.extension: codec.media_type for codec in CODECS.values()},
    zip_archive.EXTENSION: zip_archive.MEDIA_TYPE,
}


def media_type_of(name: str) -> str:
    """Return the media type of a file by the end of its name or key.

    A compressed file is what it is, `application/gzip`: were it called text with an encoding, programs would unpack it
    on their way, and store other bytes than the manifest says.
    """
    return _BY_SUFFIX.get(PurePosixPath(name).suffix, _UNKNOWN)
