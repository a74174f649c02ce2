"""Every kind of destination, one line each: the only place to add one."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote, urlsplit

from export_pipeline.errors import ConfigError
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.destinations.s3 import s3_destination
from export_pipeline.write.destinations.s3_options import S3Options


def _local(location: str, _: S3Options) -> Destination:
    url = None
    with suppress(ValueError):  # it may quote the URL
        url = urlsplit(location)
    if url is None:
        raise ConfigError("destination: it is no URL; write file:///folder, or just /folder")
    if url.netloc not in {"", "localhost"}:
        raise ConfigError("destination: a file:// URL names no host; write file:///folder, or just /folder")
    return LocalDestination(Path(unquote(url.path)).absolute())


DESTINATIONS: Final[Mapping[str, Callable[[str, S3Options], Destination]]] = MappingProxyType(
    {"file": _local, "s3": s3_destination}
)
"""Makes a destination of a URL, by scheme; a location without a scheme is a folder."""


def open_destination(location: str, s3: S3Options = S3Options()) -> Destination:  # noqa: B008 - frozen
    """Return the destination at `location`: a folder, or a URL; `s3` is for `s3://` alone. Nothing is touched yet.

    Raises: ConfigError that lists the supported schemes; no more of the URL, which may hold a secret.
    """
    scheme, separator, _ = location.partition("://")
    if not location.strip():
        raise ConfigError("destination: it is empty; give a folder, or a URL")
    if not separator:
        return LocalDestination(Path(location).absolute())
    if make := DESTINATIONS.get(scheme.lower()):
        return make(location, s3)
    schemes = ", ".join(f"{known}://" for known in DESTINATIONS)
    raise ConfigError(f"destination: {scheme}:// is not supported; give a folder, or a URL that starts with {schemes}")
