"""The whole flow of one export, without Dagster: extract → validate → transform → publish.

`export` runs an `ExportPlan`; the CLI, the tests and Dagster's IO managers all go through it. The rows come
from `source_rows.py` (extract, validate, transform) or, for a derived format, from `published_rows.py`;
here they are written, counted and published. Either all that the snapshot holds is published, or the export
fails by name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from export_pipeline.account import Account, Place, manifest_of
from export_pipeline.errors import ConfigError
from export_pipeline.extract.selection import Window
from export_pipeline.extract.source import Source
from export_pipeline.plan import ExportPlan, Origin
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.published_rows import PublishedRows, open_published_rows
from export_pipeline.rejected_rows import RejectedRows
from export_pipeline.row_counts import RowCounts
from export_pipeline.source_rows import SourceRows, open_source_rows
from export_pipeline.stages import StageProfile
from export_pipeline.streaming import Watch, pour
from export_pipeline.write.destinations.destination import Destination, Staging
from export_pipeline.write.formats.format import Format, WrittenFile
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.paths import Target
from export_pipeline.write.publish import publish


@dataclass(frozen=True, slots=True)
class ExportJob:
    """Which span of time one export reads from where, and where its file goes.

    `primary` is the published Parquet file that a derived format is made of.
    """

    source: Source
    destination: Destination
    target: Target
    fmt: Format
    window: Window
    run_id: str
    primary: Target | None = None

    @property
    def where(self) -> str:
        """The export in words, which start its messages: `logs date=2026-11-20 parquet`."""
        return f"{self.target.dataset} {self.target.partition or 'one-off'} {self.fmt.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was published, and what somebody should know about it."""

    manifest: Manifest
    uri: str
    manifest_uri: str
    quarantine_uri: str | None
    account: Account
    warnings: tuple[str, ...]


def export(plan: ExportPlan, job: ExportJob, on_progress: OnProgress = ignore_progress) -> Outcome:
    """Run `plan` for one window of time and publish its file.

    Raises: TransientError (a retry, from a new snapshot, may help), PermanentError (somebody has to change
    something). After either nothing is published, and nothing is left staged.
    """
    started_at, profile, schema = datetime.now(UTC), StageProfile(), plan.published_schema
    with job.destination.stage(job.run_id, job.target) as staging:
        with _rows(plan, job, staging) as rows:
            rows.account.counts = RowCounts.of(plan.dataset, schema, job.window)
            written = _write(rows, staging, job, schema, Watch(profile, on_progress))
        rows.settle()
        rows.account.require_complete(job.where, written.rows)
        place = Place(job.target, job.fmt, job.run_id, job.window)
        span = (started_at, datetime.now(UTC))
        manifest = manifest_of(plan, place, rows.account, written, span, profile.seconds)
        publication = publish(staging, manifest, job.fmt, schema)
    rebased = ["it replaces a file of another server or timeline"] if publication.rebased else []
    published, uri_of, rejects = publication.manifest, job.destination.uri, job.target.quarantine
    return Outcome(
        manifest=published,
        uri=publication.uri,
        manifest_uri=uri_of(job.target.manifest),
        quarantine_uri=uri_of(rejects) if published.quarantine and rejects else None,
        account=rows.account,
        warnings=(*rows.account.warnings, *rebased),
    )


@contextmanager
def _rows(plan: ExportPlan, job: ExportJob, staging: Staging) -> Iterator[SourceRows | PublishedRows]:
    if plan.origin is Origin.PUBLISHED:
        if job.primary is None:
            raise ConfigError(f"{job.where}: the job names no published Parquet file to read; give it as `primary`")
        with open_published_rows(job.destination, job.primary, plan.published_schema, job.where) as published:
            yield published
    else:
        rejected = RejectedRows(staging.open_quarantine, plan.source_schema)
        with open_source_rows(plan, job.source, job.window, job.where, rejected) as rows:
            yield rows


def _write(
    rows: SourceRows | PublishedRows, staging: Staging, job: ExportJob, schema: pa.Schema, watch: Watch
) -> WrittenFile:
    sink = staging.open_data()
    named = (job.target.dataset, job.fmt.name, job.target.partition or job.run_id)
    return sink.written(pour(rows, job.fmt.open(sink, schema), named, watch))
