"""The rows of an export that reads the source: one snapshot, streamed through checks and transforms.

Reading and refining each have a thread of their own (`stages.py`); whoever iterates writes.
`published_rows.py` is the other place that rows come from.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa

from export_pipeline.account import Account
from export_pipeline.errors import TransformError
from export_pipeline.extract.catalog import LiveTable, index_advice, require_declared, undeclared
from export_pipeline.extract.joins import require_joinable
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import read_batches
from export_pipeline.extract.selection import Selection, Window
from export_pipeline.extract.snapshot import Count, Snapshot, open_snapshot
from export_pipeline.extract.source import Source
from export_pipeline.plan import ExportPlan
from export_pipeline.rejected_rows import RejectedRows
from export_pipeline.schemas.policy import Level, OnInvalid
from export_pipeline.schemas.quarantine import split
from export_pipeline.schemas.validation import BatchValidator
from export_pipeline.stages import StageProfile, in_background
from export_pipeline.transforms.transform import BatchFunction, Lookup
from export_pipeline.write.snapshot_id import SnapshotId


@dataclass(slots=True)
class SourceRows:
    """An open snapshot's rows, and the account of them; iterate `batches` once, then `settle`."""

    account: Account
    _plan: ExportPlan
    _snapshot: Snapshot
    _selection: Selection
    _validator: BatchValidator
    _steps: Sequence[tuple[str, BatchFunction]]
    _rejected: RejectedRows
    on_read: Callable[[pa.RecordBatch], None] | None = None
    """Sees each batch as it was read."""

    def batches(self, profile: StageProfile) -> Generator[pa.RecordBatch, None, None]:
        """Yield batches in the plan's published schema. Closing it early cancels the server's query."""
        read = profile.timed_items("extract", read_batches(self._snapshot, self._selection, self._plan.limits))
        with (
            in_background(read, on_stop=self._snapshot.cancel) as raw,
            # Its thread may be waiting for the server too: only the cancelled query lets go of it.
            in_background(self._refine(raw, profile), on_stop=self._snapshot.cancel) as refined,
        ):
            yield from refined

    def settle(self) -> None:
        """Close the books.

        Raises: InvalidDataError when the policy does not allow what validation found, BrokenCheckError.
        """
        account, validator = self.account, self._validator
        validator.finish()
        account.quarantined = self._rejected.finish()
        account.quarantined_count = account.quarantined.rows if account.quarantined else 0
        account.invalid_count = validator.tally.invalid_rows
        account.failures = tuple(validator.failures.sample)
        account.failure_counts = dict(validator.failures.counts)
        account.quality = asdict(validator.tally.metrics(datetime.now(UTC)))
        validator.require_acceptable()

    def _refine(self, batches: Iterator[pa.RecordBatch], profile: StageProfile) -> Iterator[pa.RecordBatch]:
        shape = self._plan.shape
        quarantining = self._plan.policy.on_invalid is OnInvalid.QUARANTINE
        for batch in batches:
            if self.on_read:
                self.on_read(batch)
            chosen = self._chosen(batch, profile) if shape.kept else batch
            with profile.timed("validate"):
                kept = self._quarantine(chosen) if quarantining else self._count(chosen)
            transformed = self._transformed(kept, profile)
            if shape.is_whole:
                yield transformed
                continue
            with profile.timed("shape"):
                yield shape.apply(transformed)

    def _chosen(self, batch: pa.RecordBatch, profile: StageProfile) -> pa.RecordBatch:
        """Return the rows, as they were read, that the shape keeps once they are transformed: only these are judged."""
        transformed = self._transformed(batch, profile)
        with profile.timed("shape"):
            chosen = batch.filter(self._plan.shape.mask(transformed))
        self.account.filtered_count += batch.num_rows - chosen.num_rows
        return chosen

    def _transformed(self, batch: pa.RecordBatch, profile: StageProfile) -> pa.RecordBatch:
        """Return the batch behind all transforms. Raises: TransformError where they give what is not declared."""
        transformed = batch
        for name, step in self._steps:
            with profile.timed(name):
                transformed = step(transformed)
        return _conform(transformed, self._plan.transformed_schema, batch.num_rows, self._snapshot.where)

    def _count(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self._validator.count(batch)
        return batch

    def _quarantine(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        checked = self._validator.check(batch)
        if not checked.reasons:
            return batch
        kept, rejected = split(checked)
        self._rejected.write(rejected)
        self.account.set_aside += rejected.num_rows
        return kept


@contextmanager
def open_source_rows(
    plan: ExportPlan, source: Source, window: Window, where: str, rejected: RejectedRows
) -> Iterator[SourceRows]:
    """Open a snapshot for `plan` and count what it holds; the snapshot ends with the block.

    `where` starts every message. Raises: SchemaDriftError before the first row where the live table differs.
    """
    selection = replace(plan.selection, window=window)
    wanted = [getattr(transform, "lookup", None) for transform in plan.transforms]
    lookups = [lookup for lookup in wanted if isinstance(lookup, Lookup)]
    tables = [(selection.table, selection.columns[0].source_name)]
    tables += [(TableName.parse(lookup.table), lookup.columns[0]) for lookup in lookups]
    tables += [(join.table, join.key) for join in selection.joins]
    chosen = replace(source, timeouts=plan.timeouts) if plan.timeouts else source
    with open_snapshot(chosen, tables, where) as snapshot:
        live = snapshot.describe(selection)
        require_declared(live, selection)
        require_joinable(snapshot, selection.joins)
        counted = snapshot.count(selection, with_xmin=live.has_xmin)
        yield SourceRows(
            account=_account(snapshot, counted, live, selection),
            _plan=plan,
            _snapshot=snapshot,
            _selection=selection,
            _validator=_validator(plan, snapshot, selection, live),
            _steps=[(step.name, step.prepare(_lookup_reader(snapshot))) for step in plan.transforms],
            _rejected=rejected,
        )


def _account(snapshot: Snapshot, counted: Count, live: LiveTable, selection: Selection) -> Account:
    identity = snapshot.identity
    account = Account(
        expected_rows=counted.tally.rows,
        snapshot=SnapshotId(**asdict(identity)),
        tally=counted.tally,
    )
    if advice := index_advice(live, selection):
        account.warnings.append(advice)
    if others := undeclared(live, selection):
        account.warnings.append(f"table {live.name} has columns that are not exported: {', '.join(others)}")
        if hidden := [name for name in others if name in live.unreadable]:
            account.warnings[-1] += f"; the account may not read {', '.join(hidden)}"
    account.warnings += [
        f"column {name!r}: {values} times at infinity or outside the years 1 to 9999 are published as "
        f"{selection.special_times.value}"
        for name, values in counted.special_times.items()
        if values
    ]
    return account


def _validator(plan: ExportPlan, snapshot: Snapshot, selection: Selection, live: LiveTable) -> BatchValidator:
    is_whole = bool(selection.key) and selection.limit is None
    ask = plan.policy.level is Level.STRICT and is_whole and not live.key_is_unique
    duplicates = snapshot.duplicate_keys(selection) if ask else None
    subject = plan.dataset.subject(snapshot.where)
    return BatchValidator(subject, plan.policy, duplicates, key_is_unique=live.key_is_unique)


def _lookup_reader(snapshot: Snapshot) -> Callable[[Lookup], pa.Table]:
    return lambda lookup: snapshot.lookup(TableName.parse(lookup.table), lookup.columns)


def _conform(batch: pa.RecordBatch, schema: pa.Schema, rows: int, where: str) -> pa.RecordBatch:
    """Give the batch the declared descriptions and hints, once it is known to have the declared columns."""
    if batch.num_rows != rows or not batch.schema.equals(schema):
        raise TransformError(
            f"{where}: the transforms gave {batch.num_rows} rows of ({_columns(batch.schema)}) for {rows} "
            f"rows, declared is ({_columns(schema)}); mend the transform, or its output_schema"
        )
    return pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def _columns(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)
