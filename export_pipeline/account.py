"""What one export found on its way, and the manifest that this makes. The flow is in `flow.py`."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

import export_pipeline
from export_pipeline.errors import ReconciliationError
from export_pipeline.extract.selection import Window
from export_pipeline.extract.tally import Tally
from export_pipeline.plan import ExportPlan
from export_pipeline.row_counts import RowCounts
from export_pipeline.schemas.failures import Failure
from export_pipeline.transforms.description import describe
from export_pipeline.write.formats.format import Format, WrittenFile
from export_pipeline.write.manifest import FailedCheck, FailedValue, JsonObject, Manifest, QuarantineFile
from export_pipeline.write.paths import Target
from export_pipeline.write.schema_description import describe_schema, fingerprint_schema
from export_pipeline.write.snapshot_id import SnapshotId

_SAMPLE_ROWS = 5
_EXAMPLES = 3
"""Of each failed check in the manifest, which change detection reads again and again."""


@dataclass(slots=True)
class Account:
    """The facts of one export's rows; a derived format takes them over from its Parquet file."""

    tally: Tally
    """Of the selection, in the snapshot that is read."""
    expected_rows: int
    """Rows that will be read: of the source, or of the Parquet file."""
    snapshot: SnapshotId
    source_export_id: str | None = None
    invalid_count: int = 0
    quarantined: WrittenFile | None = None
    quarantined_count: int = 0
    quality: JsonObject | None = None
    failures: tuple[Failure, ...] = ()
    failure_counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Rows that failed, by column and check."""
    sample: list[dict[str, object]] = field(default_factory=list)
    counts: RowCounts = field(default_factory=RowCounts)
    set_aside: int = 0
    """Rows quarantined so far, while they stream; a derived format sets none aside."""
    filtered_count: int = 0
    """Rows that the plan's shape left out so far; a partition leaves none out."""
    warnings: list[str] = field(default_factory=list)

    @property
    def source_count(self) -> int:
        """count(*) of the selection in the snapshot that is read."""
        return self.tally.rows

    def see(self, batch: pa.RecordBatch) -> None:
        """Keep the first rows as a sample, and count all."""
        wanted = _SAMPLE_ROWS - len(self.sample)
        if wanted > 0:
            self.sample += batch.slice(0, wanted).to_pylist()
        self.counts.add(batch)

    def require_complete(self, where: str, rows_written: int) -> None:
        """Compare what was counted with what was written.

        Raises: ReconciliationError when a row is lost or doubled.
        """
        accounted = rows_written + self.quarantined_count + self.filtered_count
        if accounted != self.source_count:
            raise ReconciliationError(
                f"{where}: the source's snapshot holds {self.source_count} rows, but {rows_written} were "
                f"written, {self.quarantined_count} quarantined and {self.filtered_count} filtered; nothing is "
                "published. Export it again; if that fails too, report it"
            )


@dataclass(frozen=True, slots=True)
class Place:
    """Which file the manifest is of."""

    target: Target
    fmt: Format
    run_id: str
    window: Window


def manifest_of(  # noqa: PLR0913, PLR0917 - one argument a part of the manifest
    plan: ExportPlan,
    place: Place,
    account: Account,
    written: WrittenFile,
    span: tuple[datetime, datetime],
    stages: Mapping[str, float],
) -> Manifest:
    """Return the manifest of a finished file; `span` is when the export started and finished, in UTC."""
    schema = plan.published_schema
    return Manifest(
        dataset=place.target.dataset,
        partition=place.target.partition,
        format=place.fmt.name,
        compression=place.fmt.compression,
        run_id=place.run_id,
        source_count=account.source_count,
        row_count=written.rows,
        invalid_count=account.invalid_count,
        quarantined_count=account.quarantined_count,
        filtered_count=account.filtered_count,
        bytes=written.bytes,
        sha256=written.sha256,
        arrow_schema=describe_schema(schema),
        schema_fingerprint=fingerprint_schema(schema),
        declaration_fingerprint=plan.dataset.fingerprint,
        selection=_selection(plan, place.window),
        config=plan.config,
        snapshot=account.snapshot,
        newest=account.tally.newest,
        relations=account.tally.relations,
        digest=account.tally.digest,
        quality=account.quality,
        failures=_failed_checks(account),
        transforms=tuple(describe(transform) for transform in plan.transforms),
        started_at=span[0],
        finished_at=span[1],
        stages={stage: round(seconds, 4) for stage, seconds in stages.items()},
        source_export_id=account.source_export_id,
        quarantine=_quarantine(place, account),
        software_version=export_pipeline.__version__,
    )


def _selection(plan: ExportPlan, window: Window) -> JsonObject:
    selection = plan.dataset.selection
    return {
        "table": str(selection.table),
        "columns": {column.name: column.source_name for column in selection.columns},
        "time_column": selection.time.source_name if selection.time else None,
        "start": window.start.isoformat() if window.start else None,
        "end": window.end.isoformat() if window.end else None,
        "special_times": selection.special_times.value,
        "limit": plan.limit,
        "nested": list(plan.dataset.nested),
    }


def _failed_checks(account: Account) -> tuple[FailedCheck, ...]:
    examples: defaultdict[tuple[str, str], list[FailedValue]] = defaultdict(list)
    for one in account.failures:
        examples[one.column, one.check].append(FailedValue(one.value, one.key))
    return tuple(
        FailedCheck(column, check, rows, tuple(examples[column, check][:_EXAMPLES]))
        for (column, check), rows in account.failure_counts.items()
    )


def _quarantine(place: Place, account: Account) -> QuarantineFile | None:
    if account.quarantined is None:
        return None
    return QuarantineFile(str(place.target.quarantine), account.quarantined.sha256, account.quarantined.bytes)
