"""A prefix in an S3 bucket, whose server has conditional writes and reads that see every finished write.

A key is taken literally, here and in `uri`: nothing is decoded or encoded.
"""

import hashlib
import logging
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from export_pipeline.errors import ConfigError, CorruptFileError, ExportError
from export_pipeline.write.destinations.destination import Ability, Probe, StoredFile
from export_pipeline.write.destinations.s3_client import client_of
from export_pipeline.write.destinations.s3_folders import S3Folders
from export_pipeline.write.destinations.s3_keys import S3Keys, join
from export_pipeline.write.destinations.s3_objects import Mark, S3Objects
from export_pipeline.write.destinations.s3_options import S3Options
from export_pipeline.write.destinations.s3_probe import probe
from export_pipeline.write.destinations.s3_reading import copied, open_object
from export_pipeline.write.destinations.s3_recovery import bury
from export_pipeline.write.destinations.s3_retraction import retract
from export_pipeline.write.destinations.s3_spool import make_private
from export_pipeline.write.destinations.s3_staging import S3Staging
from export_pipeline.write.destinations.s3_tidying import abort_abandoned
from export_pipeline.write.destinations.staging_folder import staging_folder
from export_pipeline.write.formats.format import Format
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import STAGING, Target, check_one_off, check_path, manifest_folder, run_staging

_logger = logging.getLogger(__name__)

_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")

_LOCK_WAIT_S: Final = 60.0
"""For the spool's own lock, which is held for moments."""


@dataclass(frozen=True, slots=True)
class S3Destination:
    """The objects of `bucket` whose keys begin with `prefix`, which may be empty, and a slash."""

    bucket: str
    prefix: str
    options: S3Options = field(repr=False)

    @contextmanager
    def stage(self, run_id: str, target: Target) -> Iterator[S3Staging]:
        """Give a private spool for one export; what dead exports of this machine left anywhere is removed first."""
        keys = S3Keys.below(self.prefix, target)
        abort_abandoned(self._objects, keys)
        with self._spool_folder(run_id) as folder:
            mark = Mark(secrets.token_hex(16), run_id)
            staging = S3Staging(self._objects, folder, keys, mark)
            try:
                yield staging
            finally:
                staging.discard()

    def read_manifest(self, target: Target) -> Manifest | None:
        """Return what is published there, if anything. Raises: CorruptFileError for a damaged manifest."""
        key = join(self.prefix, target.manifest)
        found = self._objects.get(key)
        return Manifest.from_json(found.content, self._objects.client.where(key)) if found else None

    def list_manifests(self, dataset: str, fmt: Format) -> Mapping[str, Manifest]:
        """Return the manifests by partition; a damaged one is logged and left out: it is exported again."""
        folder = join(self.prefix, manifest_folder(dataset, fmt)) + "/"
        keys = [entry.key for entry in self._objects.list_objects(folder) if entry.key.endswith(".json")]
        found: dict[str, Manifest] = {}
        for key, seen in zip(keys, self._objects.get_all(keys), strict=True):
            try:
                if seen:
                    found[PurePosixPath(key).stem] = Manifest.from_json(seen.content, self._objects.client.where(key))
            except CorruptFileError as exc:
                _logger.warning("%s", exc)
        return found

    @contextmanager
    def published_path(self, target: Target) -> Iterator[Path]:
        """Give a private copy of the published file. Raises: DestinationError when it is not there."""
        with self._spool_folder("reading") as folder:
            key = join(self.prefix, target.data)
            with copied(self._objects.client, key, folder / target.data.name) as copy:
                yield copy

    def open_published(self, target: Target) -> BinaryIO:
        """Open the published file for reading. Raises: DestinationError when it is not there."""
        return self.open_file(target.data)

    def put(self, path: PurePosixPath, content: bytes) -> None:
        """Store a small file, atomically; it replaces what is there."""
        self._folders.put(path, content)

    def list_files(self, folder: PurePosixPath) -> Sequence[StoredFile]:
        """Return all files below `folder`, by path."""
        return self._folders.list_files(folder)

    def open_file(self, path: PurePosixPath) -> BinaryIO:
        """Open a file for reading. Raises: DestinationError when it is not there."""
        check_path(path)
        return open_object(self._objects.client, join(self.prefix, path))

    def remove_folder(self, folder: PurePosixPath) -> None:
        """Remove the folder of one export with all that is in it, and what is being uploaded to it."""
        self._folders.remove(folder)

    def retract(self, target: Target, run_id: str) -> None:
        """Remove a one-off file of run `run_id`, its quarantine and its manifest, each while it is the one seen."""
        check_one_off(target)
        retract(self._objects, S3Keys.below(self.prefix, target), run_id)

    def link(self, path: PurePosixPath, expires_s: int) -> str:
        """Return a URL that reads a file for `expires_s` seconds, or until the credentials in use expire."""
        return self._folders.link(path, expires_s)

    def uri(self, path: PurePosixPath) -> str:
        """Return the `s3://` URI of `path`."""
        return self._objects.client.where(join(self.prefix, path))

    def probe(self) -> Probe:
        """Try all that an export does there."""
        try:
            with self._spool_folder("probe") as folder:
                return probe(self._objects, join(self.prefix, STAGING / folder.name), self._spool)
        except ExportError as exc:
            return Probe((Ability("spool", str(exc)),), None, self._spool)

    @property
    def _objects(self) -> S3Objects:
        return S3Objects(client_of(self.bucket, self.options))

    @property
    def _folders(self) -> S3Folders:
        return S3Folders(self._objects, self.prefix)

    @property
    def _spool(self) -> Path:
        """The local folder for this destination's files: one for each, as the records in it are about its objects."""
        root = self.options.spool_folder or Path(tempfile.gettempdir(), f"export-pipeline-spool-{os.geteuid()}")
        place = "\n".join((self.options.endpoint_url or "", self.bucket, self.prefix))
        return root / hashlib.sha256(place.encode()).hexdigest()[:16]

    @contextmanager
    def _spool_folder(self, run_id: str) -> Iterator[Path]:
        """Give a new folder in the spool that nobody else can look into."""
        make_private(self._spool)
        with staging_folder(self._spool / run_staging(run_id), _LOCK_WAIT_S, self._bury) as folder:
            yield folder

    def _bury(self, folder: Path) -> None:
        bury(self._objects, folder, self._spool / STAGING)


def s3_destination(location: str, options: S3Options) -> S3Destination:
    """Return the destination at `location`: `s3://bucket` or `s3://bucket/prefix`, taken literally.

    Raises: ConfigError that does not repeat the location, which may hold a secret.
    """
    bucket, _, prefix = location.partition("://")[2].partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise ConfigError("destination: it names no bucket, or no valid one; write s3://bucket/prefix, without account")
    prefix = prefix.rstrip("/")
    if prefix and not {"", ".", ".."}.isdisjoint(prefix.split("/")):
        raise ConfigError("destination: the prefix has an empty part, or one that is . or ..; programs would change it")
    if "?versionId=" in prefix or not prefix.isprintable():
        raise ConfigError("destination: the prefix has ?versionId= or an unprintable character; choose another")
    return S3Destination(bucket, prefix, options)
