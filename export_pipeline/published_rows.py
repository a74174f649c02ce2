"""The rows of a derived format: read from the Parquet file that is published, never from the source again."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from export_pipeline.account import Account
from export_pipeline.errors import (
    ConfigError,
    DestinationError,
    DestinationUnavailableError,
)
from export_pipeline.extract.tally import Tally
from export_pipeline.stages import StageProfile, in_background
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.formats.parquet import read_batches
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import Target


@dataclass(slots=True)
class PublishedRows:
    """A published Parquet file's rows, with the account that its manifest gives."""

    account: Account
    _destination: Destination
    _target: Target
    _manifest: Manifest
    _reader: pa.RecordBatchReader

    def batches(self, profile: StageProfile) -> Generator[pa.RecordBatch, None, None]:
        """Yield the file's batches in its own schema."""
        with in_background(profile.timed_items("read", self._reader)) as batches:
            yield from batches

    def settle(self) -> None:
        """Raise DestinationUnavailableError when the file was replaced meanwhile: a retry may help."""
        if self._destination.read_manifest(self._target) != self._manifest:
            raise DestinationUnavailableError(
                f"{self._target.data}: was published anew while it was read; the export is tried again"
            )


@contextmanager
def open_published_rows(
    destination: Destination, target: Target, schema: pa.Schema, where: str
) -> Iterator[PublishedRows]:
    """Open the Parquet file at `target`, which must be of `schema`.

    Raises: DestinationError when it was never published, ConfigError when it was under another declaration.
    """
    manifest = destination.read_manifest(target)
    if manifest is None:
        raise DestinationError(
            f"{where}: there is no published {target.data}; export {target.dataset} as Parquet first"
        )
    account = Account(
        tally=Tally(manifest.source_count, manifest.newest, manifest.relations, manifest.digest),
        expected_rows=manifest.row_count,
        snapshot=manifest.snapshot,
        source_export_id=manifest.run_id,
        invalid_count=manifest.invalid_count,
        quarantined_count=manifest.quarantined_count,
        quality=manifest.quality,
    )
    with destination.published_path(target) as path, read_batches(path) as reader:
        _require_schema(reader.schema, schema, f"{where}: {target.data}")
        yield PublishedRows(account, destination, target, manifest, reader)


def _require_schema(found: pa.Schema, declared: pa.Schema, where: str) -> None:
    if not found.equals(declared):
        raise ConfigError(
            f"{where} has other columns than {', '.join(declared.names)}, which are declared today; "
            "export it as Parquet again"
        )
