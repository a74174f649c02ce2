"""An output must not lie where the nightly partitions do: it would replace them, or be taken for one."""

import os
from pathlib import Path

from export_pipeline.errors import ConfigError
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.destinations.s3 import S3Destination


def require_outside(folder: Destination, name: str | None, nightly: Destination) -> None:
    """Refuse the output `name` in `folder`, or the folder itself, below `nightly`. Raises: ConfigError."""
    if _lies_within(folder, name, nightly):
        raise ConfigError("it lies among what is published nightly; choose another place, or leave output out")


def _lies_within(folder: Destination, name: str | None, nightly: Destination) -> bool:
    if isinstance(folder, LocalDestination) and isinstance(nightly, LocalDestination):
        return (_real(folder.root) / (name or "")).is_relative_to(_real(nightly.root))
    if isinstance(folder, S3Destination) and isinstance(nightly, S3Destination):
        return folder.bucket == nightly.bucket and _below(folder.prefix).startswith(_below(nightly.prefix))
    return False


def _real(path: Path) -> Path:
    """Return the path without links; a loop of them stays, for the opening to refuse."""
    return Path(os.path.realpath(path))


def _below(prefix: str) -> str:
    return f"{prefix}/" if prefix else ""
