"""Changes to folders and files that survive a power cut: each is on disk when the function returns."""

import os
from pathlib import Path


def make_folders(folder: Path) -> None:
    """Make `folder` and whatever parents are missing; others may make and remove the same ones meanwhile."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    try:
        folder.mkdir()
    except FileExistsError:
        if folder.is_file():  # one look: between two, another may remove the folder
            raise
    sync(folder.parent)


def sync(path: Path) -> None:
    """Wait until the file's content, or the folder's entries, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes) -> None:
    """Write a whole file."""
    make_folders(path.parent)
    path.write_bytes(content)
    sync(path)
    sync(path.parent)


def move(source: Path, target: Path) -> None:
    """Rename `source` to `target`, replacing what is there in one step."""
    make_folders(target.parent)
    source.replace(target)
    sync(target.parent)


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    if path.exists():
        path.unlink()
        sync(path.parent)
