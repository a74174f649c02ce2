"""A folder on a local or mounted file system that has `flock` and atomic renames."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.write.destinations import local_folders
from export_pipeline.write.destinations.destination import Probe, StoredFile
from export_pipeline.write.destinations.local_files import LocalFiles, file_uri, read_manifest
from export_pipeline.write.destinations.local_probe import probe
from export_pipeline.write.destinations.local_staging import LocalStaging
from export_pipeline.write.destinations.staging_folder import staging_folder
from export_pipeline.write.formats.format import Format
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.paths import Target, check_one_off, check_path, check_removable, manifest_folder, run_staging

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalDestination:
    """The absolute folder `root`, made when it is missing; `lock_wait_s` bounds the wait for each lock."""

    root: Path
    lock_wait_s: float = 60.0

    @contextmanager
    def stage(self, run_id: str, target: Target) -> Iterator[LocalStaging]:
        """Give a private folder for one export; what dead exports left is removed first."""
        with staging_folder(self.root / run_staging(run_id), self.lock_wait_s) as folder:
            staging = LocalStaging(folder, LocalFiles.below(self.root, target), run_id, self.lock_wait_s)
            try:
                yield staging
            finally:
                staging.discard()

    def read_manifest(self, target: Target) -> Manifest | None:
        """Return what is published there, if anything. Raises: CorruptFileError for a damaged manifest."""
        return read_manifest(self.root / target.manifest)

    def list_manifests(self, dataset: str, fmt: Format) -> Mapping[str, Manifest]:
        """Return the manifests by partition; a damaged one is logged and left out: it is exported again."""
        folder = self.root / manifest_folder(dataset, fmt)
        with os_errors("listing", folder):
            paths = sorted(folder.glob("*.json"))
        found: dict[str, Manifest] = {}
        for path in paths:
            try:
                manifest = read_manifest(path)
            except CorruptFileError as exc:
                _logger.warning("%s", exc)
                continue
            if manifest:
                found[path.stem] = manifest
        return found

    @contextmanager
    def published_path(self, target: Target) -> Iterator[Path]:
        """Give the published file's own path."""
        yield self.root / target.data

    def open_published(self, target: Target) -> BinaryIO:
        """Open the published file for reading. Raises: DestinationError when it is not there."""
        return self.open_file(target.data)

    def put(self, path: PurePosixPath, content: bytes) -> None:
        """Store a small file, atomically; it replaces what is there."""
        check_path(path)
        with self._room("put") as folder:
            local_folders.put(self.root / path, content, folder)

    def list_files(self, folder: PurePosixPath) -> Sequence[StoredFile]:
        """Return all files below `folder`, by path."""
        check_path(folder)
        return local_folders.list_files(self.root, folder)

    def open_file(self, path: PurePosixPath) -> BinaryIO:
        """Open a file for reading. Raises: DestinationError when it is not there."""
        check_path(path)
        with os_errors("opening", self.root / path):
            return (self.root / path).open("rb")

    def remove_folder(self, folder: PurePosixPath) -> None:
        """Remove the folder of one export with all that is in it, if it is there."""
        check_removable(folder)
        if not (self.root / folder).exists():
            return
        with self._room("remove") as room:
            local_folders.remove(self.root / folder, room)

    def retract(self, target: Target, run_id: str) -> None:
        """Remove a one-off file of run `run_id`, then its quarantine, then its manifest."""
        check_one_off(target)
        published = self.read_manifest(target)
        if published is None or published.run_id != run_id:
            return
        local_folders.remove_files(
            [self.root / path for path in (target.data, target.quarantine, target.manifest) if path]
        )

    def link(self, path: PurePosixPath, expires_s: int) -> str:  # noqa: ARG002 - the protocol's
        """Refuse: a folder has no links that others could open. Raises: ConfigError."""
        raise ConfigError(
            f"{self.uri(path)}: links are for exports in a bucket; set EXPORT_ROOT=s3://bucket/prefix for them, "
            "or take the file itself: `export-pipeline download`"
        )

    def uri(self, path: PurePosixPath) -> str:
        """Return the `file://` URI of `path`."""
        return file_uri(self.root / path)

    def probe(self) -> Probe:
        """Try all that an export does there."""
        return probe(self.root, self.root / run_staging("probe"), self.lock_wait_s)

    def _room(self, purpose: str) -> AbstractContextManager[Path]:
        """Give a private folder; what is left in it goes with the block, or with the next export."""
        return staging_folder(self.root / run_staging(purpose), self.lock_wait_s)
