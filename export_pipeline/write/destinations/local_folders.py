"""Whole files and folders of a local root that belong to no target: put, listed, removed."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from export_pipeline.write.destinations import durable
from export_pipeline.write.destinations.destination import StoredFile
from export_pipeline.write.os_errors import os_errors


def put(path: Path, content: bytes, room: Path) -> None:
    """Write the file in the folder `room`, of the same file system, then rename it into its place."""
    with os_errors("writing", path):
        durable.write_file(room / "file", content)
        durable.move(room / "file", path)


def list_files(root: Path, folder: PurePosixPath) -> Sequence[StoredFile]:
    """Return all files of `root` below `folder`, by path; those that vanish meanwhile are left out."""
    found = []
    with os_errors("listing", root / folder):
        for path in sorted((root / folder).rglob("*")):
            with suppress(FileNotFoundError):
                stat = path.stat()
                if path.is_file():
                    modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
                    found.append(StoredFile(PurePosixPath(path.relative_to(root)), stat.st_size, modified_at))
    return found


def remove(folder: Path, room: Path) -> None:
    """Take `folder` out of every reader's sight in one step, into `room`, whose end deletes it."""
    with os_errors("removing", folder), suppress(FileNotFoundError):  # somebody else was faster
        durable.move(folder, room / secrets.token_hex(8))
        durable.sync(folder.parent)


def remove_files(paths: Sequence[Path]) -> None:
    """Remove the files in this order, each if it is there."""
    for path in paths:
        with os_errors("removing", path):
            durable.remove(path)
