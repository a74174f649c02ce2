"""A folder on a local or mounted file system that has `flock` and atomic renames."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from export_pipeline.errors import CorruptFileError
from export_pipeline.write.destinations.destination import Probe
from export_pipeline.write.destinations.local_files import LocalFiles, file_uri, read_manifest
from export_pipeline.write.destinations.local_probe import probe
from export_pipeline.write.destinations.local_staging import LocalStaging
from export_pipeline.write.destinations.staging_folder import staging_folder
from export_pipeline.write.formats.format import Format
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.paths import Target, manifest_folder, run_staging

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
        path = self.root / target.data
        with os_errors("opening", path):
            return path.open("rb")

    def uri(self, path: PurePosixPath) -> str:
        """Return the `file://` URI of `path`."""
        return file_uri(self.root / path)

    def probe(self) -> Probe:
        """Try all that an export does there."""
        return probe(self.root, self.root / run_staging("probe"), self.lock_wait_s)
