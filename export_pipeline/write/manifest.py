"""The manifest: what one published file is, where it comes from, and how it was made.

JSON beside the data, one file a partition and format. It never holds a secret or a signed URL. Change
detection reads `source_count`, `newest`, `relations`, `digest`, `snapshot` and the fingerprints.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from export_pipeline.errors import CorruptFileError, ReconciliationError
from export_pipeline.write.schema_description import ColumnDescription
from export_pipeline.write.snapshot_id import SnapshotId

if TYPE_CHECKING:
    from pydantic import ConfigDict, TypeAdapter

JsonObject = Mapping[str, Any]
"""What `json` makes of an object; Any, because its owner alone knows the values."""

RawJson = str | bytes

MANIFEST_VERSION: Final = 1


class NewerManifestError(CorruptFileError):
    """A newer version of this software wrote the manifest."""


class _NewerVersionError(ValueError):
    """The same, before it is known where the manifest is."""


@dataclass(frozen=True, slots=True)
class QuarantineFile:
    """The rejected rows of the same snapshot; `path` is relative to the root."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class FailedValue:
    """One value that failed a check: cut, and masked where it is personal, as is `key`, which names its row."""

    value: str | None
    key: str


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that rows failed: in how many of them, and a few examples."""

    column: str
    check: str
    rows: int
    examples: tuple[FailedValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One published file.

    Raises: ReconciliationError unless every source row is in the file, in quarantine or filtered.
    """

    # Read by pydantic: a field that we do not know means that another version wrote the file.
    __pydantic_config__: ClassVar["ConfigDict"] = {"extra": "forbid"}

    dataset: str
    partition: str | None
    format: str
    compression: str
    run_id: str
    source_count: int
    """count(*) of the selection in the file's own snapshot."""
    row_count: int
    invalid_count: int
    """Rows with at least one failed check, kept or not."""
    quarantined_count: int
    filtered_count: int = 0
    """Rows of the selection that a one-off export's filters left out; 0 for a partition."""
    bytes: int
    sha256: str
    arrow_schema: tuple[ColumnDescription, ...]
    schema_fingerprint: str
    declaration_fingerprint: str
    """Of the dataset's declaration: when it changes, the partition is out of date."""
    selection: JsonObject
    config: JsonObject
    snapshot: SnapshotId
    newest: int | None
    """64-bit transaction id of the newest row; None without rows, or where the source shows no xmin."""
    relations: Mapping[str, str]
    """The source's tables that held the rows: oid → hash of how the catalog has their columns read.

    Empty without rows, or where the source shows no xmin.
    """
    digest: str | None
    """Digest of the source's rows, where the source shows no xmin; None elsewhere, and without rows."""
    quality: JsonObject | None
    failures: tuple[FailedCheck, ...]
    """What validation found wrong; empty for derived formats, whose Parquet file's manifest says it."""
    transforms: tuple[JsonObject, ...]
    started_at: datetime
    finished_at: datetime
    stages: Mapping[str, float]
    """Seconds each stage was busy."""
    source_export_id: str | None
    """Run id of the Parquet export that a derived format was made from."""
    quarantine: QuarantineFile | None
    software_version: str
    contents: tuple[JsonObject, ...] = ()
    """Of a file that holds several datasets: what the manifest of each one says of its rows."""
    manifest_version: Literal[1] = MANIFEST_VERSION

    def __post_init__(self) -> None:
        if self.source_count != self.row_count + self.quarantined_count + self.filtered_count:
            raise ReconciliationError(
                f"{self.dataset} {self.partition or ''}: the source's snapshot has {self.source_count} rows, "
                f"{self.row_count} were written, {self.quarantined_count} quarantined and {self.filtered_count} "
                "filtered; nothing is published: report this as a defect"
            )

    def to_json(self) -> str:
        """Return the manifest as indented JSON; times are ISO 8601 in UTC."""
        return _adapter().dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: RawJson, where: str) -> "Manifest":
        """Return the manifest in `text`. Raises: CorruptFileError, naming `where`, unless it is whole."""
        try:
            _require_version(text)
            return _adapter().validate_json(text, strict=True)
        except (ValueError, ReconciliationError) as exc:
            found = str(exc).split("\n  ", 1)[0].replace("\n", ": ")
            raise (NewerManifestError if isinstance(exc, _NewerVersionError) else CorruptFileError)(
                f"{where}: is no manifest of version {MANIFEST_VERSION} ({found}); export the partition again"
            ) from exc


def _require_version(text: RawJson) -> None:
    """Raise ValueError unless the text says that it is of our version."""
    content = json.loads(text)
    found = content.get("manifest_version") if isinstance(content, dict) else None
    if found != MANIFEST_VERSION:
        raise (_NewerVersionError if isinstance(found, int) and found > MANIFEST_VERSION else ValueError)(
            f"its manifest_version is {found}"
        )


@cache
def _adapter() -> "TypeAdapter[Manifest]":
    from pydantic import TypeAdapter  # noqa: PLC0415 - 0.1 s that only reading and writing manifests costs

    return TypeAdapter(Manifest)
