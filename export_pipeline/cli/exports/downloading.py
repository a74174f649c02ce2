"""`export-pipeline download`: the files of an export, each whole and checked before it has its name."""

import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from export_pipeline.cli.exports.rendering import say
from export_pipeline.defs.exports.stored import ExportFile, read_beside, read_stored
from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.settings import Settings
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.local_files import sha256_of
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.paths import export_folder

_BLOCK_BYTES: Final = 4 << 20


def run_download(settings: Settings, export_id: str, folder: Path) -> None:
    """Fetch all files into `folder`, with the manifests and quarantined rows; those there already are left alone.

    Raises: ConfigError when another file has one's name, CorruptFileError when one is not what was published,
    DestinationError.
    """
    destination = settings.destination
    files = [*read_stored(destination, export_id).files, *read_beside(destination, export_id)]
    wanted = [file for file in files if not _is_there(folder / file.name, file)]
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        for file in wanted:
            task = bars.add_task(file.name, total=file.bytes)
            _fetch(destination, export_id, file, folder / file.name, (bars, task))
    for file in files:
        print(folder / file.name)  # noqa: T201 - the command's output
    say(f"{len(wanted)} of {len(files)} files fetched, all as they were published")


def _is_there(path: Path, file: ExportFile) -> bool:
    """Whether the file was fetched before. Raises: ConfigError when something else is there."""
    if not path.exists():
        return False
    with os_errors("reading", path):
        is_same = path.is_file() and path.stat().st_size == file.bytes and sha256_of(path) == file.sha256
    if not is_same:
        raise ConfigError(f"{path}: is there already, and is another file; move it away, or choose another folder")
    return True


def _fetch(
    destination: Destination, export_id: str, file: ExportFile, path: Path, shown: tuple[Progress, TaskID]
) -> None:
    """Fetch one file: what an earlier attempt left of it is gone on with."""
    part = path.with_name(f"{path.name}.part")
    with os_errors("writing", part):
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("a+b") as target:
            digest = _copy(destination, PurePosixPath(export_folder(export_id), file.name), target, file, shown)
            target.flush()
            os.fsync(target.fileno())
        if digest != file.sha256:
            part.unlink()
            raise CorruptFileError(f"{path}: what came is not what was published; it is thrown away, try again")
        part.replace(path)


def _copy(
    destination: Destination, source: PurePosixPath, target: BinaryIO, file: ExportFile, shown: tuple[Progress, TaskID]
) -> str:
    """Append what is missing of `source` to `target`; return the sha256 of all of it."""
    bars, task = shown
    digest = hashlib.sha256()
    target.seek(0)
    if target.seek(0, os.SEEK_END) > file.bytes:
        target.truncate(0)
    target.seek(0)
    while block := target.read(_BLOCK_BYTES):
        digest.update(block)
        bars.advance(task, len(block))
    with destination.open_file(source) as stored:
        stored.seek(target.tell())
        while block := stored.read(_BLOCK_BYTES):
            digest.update(block)
            target.write(block)
            bars.advance(task, len(block))
    return digest.hexdigest()
