"""Files that settings name: there, readable, not empty, and a key nobody else's to read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from export_pipeline.settings.problem import Given, Problem


def files(given: Given) -> Iterator[Problem]:
    """Yield what is wrong with each file."""
    for name in ("source_tls_root", "source_tls_certificate", "source_tls_key", "source_password_file"):
        path = given.get(name)
        if path and not (name == "source_tls_root" and path == "system"):
            yield from (Problem((name,), text) for text in _of_file(name, Path(path)))


def _of_file(name: str, path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            found, begins = os.fstat(file.fileno()), file.read(1)
    except OSError as error:
        yield f"{path} cannot be read: {error.strerror}"
        return
    if not begins:
        yield f"{path} is empty"
    if name == "source_tls_key" and stat.S_IMODE(found.st_mode) & _forbidden(found.st_uid):
        yield f"{path} may be read by others, so libpq refuses it; chmod 600 {path}"


def _forbidden(owner: int) -> int:
    """Return the permissions that libpq takes no key with: root may let its group read one (manual, 32.19.2)."""
    shared = stat.S_IRWXG | stat.S_IRWXO
    return shared & ~stat.S_IRGRP if owner == 0 else shared
