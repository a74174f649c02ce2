"""Publishing: the order of steps that makes a killed run harmless and keeps old snapshots off newer ones.

How each step is done is the business of the destination (`destinations/local_staging.py`, `s3_staging.py`).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pyarrow as pa

from export_pipeline.errors import CorruptFileError, ExportError, OvertakenError, SupersededError
from export_pipeline.write.destinations.destination import Staging
from export_pipeline.write.formats.format import Format
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.snapshot_id import SnapshotOrder

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published; `rebased` says that it replaced a file of another server or timeline."""

    manifest: Manifest
    uri: str
    rebased: bool


def publish(staging: Staging, manifest: Manifest, fmt: Format, schema: pa.Schema) -> Publication:
    """Put the staged file, of `schema`, in its place, together with its quarantine and `manifest`.

    Raises: CorruptFileError when the disk holds something else than was written, SupersededError when a newer
    snapshot is there, OvertakenError when another export was faster, DestinationUnavailableError when the lock was not
    had in time, DestinationError.
    Killed anywhere, readers see the old file or the new one, whole, and the next publish mends the rest.
    """
    staging.seal()
    staging.check(manifest, fmt, schema)
    with staging.locked():
        staging.recover()
        order = _order(staging, manifest)
        with _mended_on_error(staging, manifest):
            staging.put_pending(manifest)
            staging.replace_data()
            staging.promote_pending()
    return Publication(manifest, staging.uri, rebased=order is SnapshotOrder.REBASE)


@contextmanager
def _mended_on_error(staging: Staging, manifest: Manifest) -> Iterator[None]:
    """Leave no half step behind when storage refuses one; where that fails too, the next publish mends it.

    Where no lock keeps others out, whoever was faster may be newer, too.
    """
    try:
        yield
    except ExportError as exc:
        with suppress(ExportError):
            staging.recover()
        if isinstance(exc, OvertakenError):
            _order(staging, manifest)
        raise


def _order(staging: Staging, manifest: Manifest) -> SnapshotOrder:
    """Return how our snapshot stands to the published one. Raises: SupersededError when it is older."""
    published = _published(staging)
    if published is None or manifest.partition is None:  # a one-off file replaces whatever its name held
        return SnapshotOrder.NEWER
    order = manifest.snapshot.compared_to(published.snapshot)
    where = f"{manifest.dataset} {manifest.partition} ({manifest.format})"
    if order is SnapshotOrder.OLDER:
        raise SupersededError(
            f"{where}: run {published.run_id} published a newer snapshot, of "
            f"{published.snapshot.taken_at.isoformat()}; ours is of "
            f"{manifest.snapshot.taken_at.isoformat()}: nothing to do"
        )
    if order is SnapshotOrder.REBASE:
        _logger.warning("%s: replaces a file of another server or timeline (rebase)", where)
    return order


def _published(staging: Staging) -> Manifest | None:
    """Return the manifest in place; a damaged one counts as none, so that a new export mends it."""
    try:
        return staging.published()
    except CorruptFileError as exc:
        _logger.warning("%s; it is replaced now", exc)
        return None
