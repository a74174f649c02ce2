"""One target's files on a local file system: the final ones and the pending ones beside them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from export_pipeline.write.manifest import Manifest
from export_pipeline.write.os_errors import os_errors
from export_pipeline.write.paths import Target

_PENDING = ".pending-"


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A target's absolute paths; `quarantine` and `lock` are None where the target has none."""

    data: Path
    manifest: Path
    quarantine: Path | None
    lock: Path | None

    @classmethod
    def below(cls, root: Path, target: Target) -> "LocalFiles":
        """Return the files of `target` below `root`."""
        return cls(
            data=root / target.data,
            manifest=root / target.manifest,
            quarantine=_below(root, target.quarantine),
            lock=_below(root, target.lock),
        )

    def read_manifest(self) -> Manifest | None:
        """Return the manifest in place, if any. Raises: CorruptFileError when it cannot be read."""
        return read_manifest(self.manifest)

    def pending_manifest(self, run_id: str) -> Path:
        """Return where run `run_id` puts the next manifest."""
        return _pending(self.manifest, run_id)

    def pending_quarantine(self, run_id: str) -> Path:
        """Return where run `run_id` puts the next quarantine, if the target has one."""
        return _pending(self.quarantine or self.manifest.with_suffix(".quarantine"), run_id)

    def pending_run_ids(self) -> list[str]:
        """Return the runs that left a pending manifest."""
        return _run_ids(self.manifest)

    def pending_quarantine_run_ids(self) -> list[str]:
        """Return the runs that left a pending quarantine."""
        return _run_ids(self.quarantine) if self.quarantine else []


def read_manifest(path: Path) -> Manifest | None:
    """Return the manifest at `path`, if there is one. Raises: CorruptFileError when it cannot be read."""
    with os_errors("reading", path):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
    return Manifest.from_json(content, str(path))


def file_uri(path: Path) -> str:
    """Return the `file://` URI of an absolute path; `=` stays, as readers of hive folders look for it."""
    return "file://" + quote(str(path), safe="/=")


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _below(root: Path, path: PurePosixPath | None) -> Path | None:
    return None if path is None else root / path


def _pending(path: Path, run_id: str) -> Path:
    return path.with_name(f"{path.name}{_PENDING}{run_id}")


def _run_ids(path: Path) -> list[str]:
    prefix = path.name + _PENDING
    if not path.parent.is_dir():
        return []
    return sorted(entry.name.removeprefix(prefix) for entry in path.parent.iterdir() if entry.name.startswith(prefix))
