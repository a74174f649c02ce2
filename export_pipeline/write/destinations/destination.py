"""What a destination is: a place that takes staged files and publishes them whole or not at all.

One file a kind of place beside this one, one line each in `registry.py`. The order of the steps is in
`../publish.py`; names below the root are in `../paths.py`.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

import pyarrow as pa

from export_pipeline.write.formats.format import Format
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import Target


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that a place was tried for, in words (`write`, `replace only what was seen`, `delete` …).

    `problem` says what refused it and what to do; None when it works. An export needs it if `is_required`; otherwise
    it only tidies up less.
    """

    name: str
    problem: str | None
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Probe:
    """What a place can do, in the order tried; nothing is tried after a required ability was refused.

    `free_bytes` are free at `free_at`, the folder where exports grow: the destination's own, or a bucket's spool.
    None where they cannot be counted.
    """

    abilities: tuple[Ability, ...]
    free_bytes: int | None
    free_at: Path


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file below the root, of `bytes` bytes; `modified_at` (aware) is when it was last put there."""

    path: PurePosixPath
    bytes: int
    modified_at: datetime


class Staging(Protocol):
    """One export's unfinished files, out of every reader's sight; the methods are the steps of `publish`."""

    @property
    def uri(self) -> str:
        """Where the data will be, without any secret."""

    def open_data(self) -> HashingSink:
        """Open the data file for writing, once."""

    def open_quarantine(self) -> HashingSink:
        """Open the file of rejected rows for writing, once. Raises: ConfigError when the target has none."""

    def seal(self) -> None:
        """Close the files and wait until the storage has them."""

    def check(self, manifest: Manifest, fmt: Format, schema: pa.Schema) -> None:
        """Re-open what was staged. Raises: CorruptFileError unless it is what `manifest` says."""

    def locked(self) -> AbstractContextManager[None]:
        """Hold the target against others, after a bounded wait. Raises: DestinationUnavailableError."""

    def recover(self) -> None:
        """Finish what a killed publisher had all but finished, and undo what it had not."""

    def published(self) -> Manifest | None:
        """Return the manifest of what is published now. Raises: CorruptFileError when it cannot be read."""

    def put_pending(self, manifest: Manifest) -> None:
        """Store the next manifest, and the next quarantine, beside the ones in place."""

    def replace_data(self) -> None:
        """Replace the data, atomically: from here on readers see the new file."""

    def promote_pending(self) -> None:
        """Put the next quarantine and then the next manifest in place."""


class Destination(Protocol):
    """A root below which files are published."""

    def stage(self, run_id: str, target: Target) -> AbstractContextManager[Staging]:
        """Give room for one export's files; whatever was not published is removed when the block ends."""

    def read_manifest(self, target: Target) -> Manifest | None:
        """Return what is published there, if anything. Raises: CorruptFileError for a damaged manifest."""

    def list_manifests(self, dataset: str, fmt: Format) -> Mapping[str, Manifest]:
        """Return the manifests by partition (`date=2026-11-20`); damaged ones are logged and left out."""

    def published_path(self, target: Target) -> AbstractContextManager[Path]:
        """Give the published file as a local path while the block runs: a remote place makes a copy."""

    def open_published(self, target: Target) -> BinaryIO:
        """Open the published file for reading; it stays the same file while it is replaced."""

    def put(self, path: PurePosixPath, content: bytes) -> None:
        """Store a small file, atomically; it replaces what is there. Raises: ConfigError for a path that leads out."""

    def list_files(self, folder: PurePosixPath) -> Sequence[StoredFile]:
        """Return all files below `folder`, by path; none where there is no such folder."""

    def open_file(self, path: PurePosixPath) -> BinaryIO:
        """Open a file for reading. Raises: DestinationError when it is not there."""

    def remove_folder(self, folder: PurePosixPath) -> None:
        """Remove the folder of one export with all that is in it, if it is there. Raises: ConfigError for any other."""

    def retract(self, target: Target, run_id: str) -> None:
        """Remove a one-off file with its quarantine and manifest, if it is of run `run_id`; the target is locked.

        Raises: ConfigError for a partition's, CorruptFileError for a damaged manifest, OvertakenError where another
        export replaces it meanwhile.
        """

    def link(self, path: PurePosixPath, expires_s: int) -> str:
        """Return a URL by which whoever has it can read a file for `expires_s` seconds: a secret, never to be logged.

        Raises: ConfigError where the place gives none, DestinationError when the file is not there.
        """

    def uri(self, path: PurePosixPath) -> str:
        """Return where `path`, one of a target's, is, for people and other programs, without any secret."""

    def probe(self) -> Probe:
        """Try all that an export does there, with small files that are removed again. Raises nothing of the place's."""
