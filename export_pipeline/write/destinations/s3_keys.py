"""One target's keys in a bucket: the final ones and the pending ones beside them."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from export_pipeline.write.destinations.s3_objects import Mark
from export_pipeline.write.paths import Target

_PENDING = ".pending-"


@dataclass(frozen=True, slots=True)
class S3Keys:
    """A target's keys; `quarantine` is None where the target has none."""

    data: str
    manifest: str
    quarantine: str | None

    @classmethod
    def below(cls, prefix: str, target: Target) -> "S3Keys":
        """Return the keys of `target` below `prefix`."""
        quarantine = join(prefix, target.quarantine) if target.quarantine else None
        return cls(join(prefix, target.data), join(prefix, target.manifest), quarantine)

    def pending_manifest(self, mark: Mark) -> str:
        """Return where a publication puts its next manifest."""
        return f"{self.manifest}{_PENDING}{mark.publication}"

    def pending_quarantine(self, mark: Mark) -> str:
        """Return where a publication puts its next quarantine, for others to find."""
        return f"{self.quarantine}{_PENDING}{mark.publication}"

    @property
    def pendings(self) -> tuple[str, ...]:
        """What the keys of all pending objects begin with."""
        return tuple(f"{key}{_PENDING}" for key in (self.manifest, self.quarantine) if key)

    def owns(self, key: str) -> bool:
        """Whether `key` is one of the target's, final or pending."""
        return key in {self.data, self.manifest, self.quarantine} or key.startswith(self.pendings)


def join(prefix: str, path: PurePosixPath) -> str:
    """Return the key of `path` below `prefix`, which may be empty."""
    return f"{prefix}/{path}" if prefix else str(path)
