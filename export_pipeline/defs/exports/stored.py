"""What lies below `exports/`: the folders, and the `export.json` in each that says what it is made of."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

import msgspec

from export_pipeline.errors import CorruptFileError, DestinationError
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import EXPORTS, check_path, export_folder, export_record

_MANIFEST: Final = ".manifest.json"


class ExportFile(msgspec.Struct, frozen=True):
    """One file of an export."""

    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    dataset: str | None = None
    media_type: str | None = None


class StoredExport(msgspec.Struct, frozen=True):
    """The part of `export.json` that is needed to fetch the files."""

    export_id: str
    finished_at: datetime
    files: tuple[ExportFile, ...]


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """A folder below `exports/`, judged by its files; without `export.json` the export is not whole."""

    export_id: str
    is_whole: bool
    is_ours: bool
    """Whether a manifest or `export.json` shows that an export wrote it."""
    bytes: int
    newest: datetime


def read_stored(destination: Destination, export_id: str) -> StoredExport:
    """Return what the export is made of. Raises: DestinationError when it is not there, CorruptFileError."""
    path = export_record(export_id)
    where = destination.uri(path)
    if not any(file.path == path for file in destination.list_files(export_folder(export_id))):
        raise DestinationError(
            f"{where}: there is no such export here; it was written elsewhere, deleted, or never whole"
        )
    with destination.open_file(path) as file:
        content = file.read()
    try:
        stored = msgspec.json.decode(content, type=StoredExport)
    except msgspec.MsgspecError as exc:
        raise CorruptFileError(f"{where}: is no record of an export ({exc}); export it again") from exc
    for one in stored.files:
        check_path(PurePosixPath(one.name))
    return stored


def read_beside(destination: Destination, export_id: str) -> Iterator[ExportFile]:
    """Yield what lies beside an export's data files: manifests as they are, quarantined rows as the manifests say.

    Raises: CorruptFileError for a damaged manifest, DestinationError.
    """
    folder = export_folder(export_id)
    for found in destination.list_files(folder):
        if not found.path.name.endswith(_MANIFEST):
            continue
        with destination.open_file(found.path) as file:
            content = file.read()
        yield ExportFile(str(found.path.relative_to(folder)), len(content), hashlib.sha256(content).hexdigest())
        if rejects := Manifest.from_json(content, destination.uri(found.path)).quarantine:
            name = PurePosixPath(rejects.path).name
            check_path(PurePosixPath(name))
            yield ExportFile(name, rejects.bytes, rejects.sha256)


def list_folders(destination: Destination) -> Sequence[ExportFolder]:
    """Return the folders below `exports/` that have a file, by id."""
    found: dict[str, ExportFolder] = {}
    for file in destination.list_files(EXPORTS):
        if len(file.path.parts) == len(EXPORTS.parts) + 1:  # a stray file
            continue
        export_id = file.path.parts[len(EXPORTS.parts)]
        begun = ExportFolder(export_id, is_whole=False, is_ours=False, bytes=0, newest=file.modified_at)
        seen = found.get(export_id, begun)
        is_record = file.path.parts[len(EXPORTS.parts) + 1 :] == ("export.json",)
        found[export_id] = ExportFolder(
            export_id,
            is_whole=seen.is_whole or is_record,
            is_ours=seen.is_ours or is_record or file.path.name.endswith(_MANIFEST),
            bytes=seen.bytes + file.bytes,
            newest=max(seen.newest, file.modified_at),
        )
    return sorted(found.values(), key=lambda folder: folder.export_id)
