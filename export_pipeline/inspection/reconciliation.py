"""The rows of file, manifest and source today against each other. Pure: no I/O.

A row that is in the table now, and whose transaction had ended before the file's snapshot was taken (its id is below
that snapshot's `xmin`), was in the snapshot. So there can be no more such rows today than were counted then: more of
them are rows that the file lacks. Fewer are explained: rows are deleted, and an updated row carries its new
transaction. Rows of later transactions came, or changed, since.
"""

from dataclasses import dataclass

from export_pipeline.changes.verdict import another_history, another_span, other_relations
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.extract.selection import Window
from export_pipeline.inspection.finding import Figure, Finding, failed, passed
from export_pipeline.inspection.source_look import SourceCount, SourceLook
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.manifest import Manifest


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows counted in what is published: of the file, and set aside."""

    in_file: int
    in_quarantine: int


def check_reconciliation(
    manifest: Manifest, stored: StoredRows, count: SourceCount | None, incomparable: str | None, severity: Severity
) -> Finding:
    """Compare the rows; `incomparable` says why the source cannot be compared with the manifest, if so.

    What differs though nothing explains it has `severity`; what cannot be compared is a warning.
    """
    figures = _figures(manifest, stored, count)
    if problem := _lost_since_written(manifest, stored):
        return failed(severity, problem, **figures)
    if incomparable or count is None:
        return failed(Severity.WARN, f"the source cannot be compared: {incomparable or 'not counted'}", **figures)
    if count.before_horizon is None:
        return _by_digest(manifest, count, figures)
    return _by_transactions(manifest, count, count.before_horizon, severity, figures)


def is_same(manifest: Manifest, count: SourceCount) -> bool:
    """Tell whether the source holds, row by row, what was exported. False where that cannot be seen."""
    if count.before_horizon is None:
        return (count.rows, count.digest) == (manifest.source_count, manifest.digest)
    return count.rows == count.before_horizon == manifest.source_count and not other_relations(
        manifest, count.old_relations
    )


def _unpublished_relations(manifest: Manifest, count: SourceCount) -> str | None:
    """Return where old rows lie that were not in the snapshot, or read otherwise then.

    Tables that hold no old row any more say nothing: their rows were deleted.
    """
    if count.old_relations.items() <= manifest.relations.items():
        return None
    return other_relations(manifest, count.old_relations)


def why_incomparable(manifest: Manifest, look: SourceLook, dataset: Dataset, window: Window) -> str | None:
    """Return why the counts of then and now are not of the same rows; None where they can be compared."""
    if not look.counts:
        return f"{'; '.join(look.differences)}; mend the table or the declaration"
    if reason := another_span(manifest, window):
        return f"{reason}; export it again"
    if manifest.declaration_fingerprint != dataset.fingerprint:
        return "the dataset's declaration changed since the export; export the partition again"
    if reason := another_history(manifest, look.identity):
        return f"{reason}; export the partition again"
    return None


def _lost_since_written(manifest: Manifest, stored: StoredRows) -> str | None:
    if stored.in_file != manifest.row_count:
        return f"the file holds {stored.in_file} rows, {manifest.row_count} were published; export the partition again"
    if stored.in_quarantine != manifest.quarantined_count:
        return (
            f"the quarantine holds {stored.in_quarantine} rows, {manifest.quarantined_count} were set aside; "
            "export the partition again"
        )
    return None


def _by_transactions(
    manifest: Manifest, count: SourceCount, before_horizon: int, severity: Severity, figures: dict[str, Figure]
) -> Finding:
    """Judge where each row shows the transaction that wrote it."""
    missing = before_horizon - manifest.source_count
    if missing > 0:
        return failed(
            severity,
            f"at least {missing} rows of the source are missing in the file, although their transactions had ended "
            f"before it was read ({count.before_horizon} such rows, {manifest.source_count} were counted); "
            "export the partition again",
            **figures,
        )
    if reason := _unpublished_relations(manifest, count):
        return failed(Severity.WARN, f"the source cannot be compared: {reason}; export the partition again", **figures)
    if is_same(manifest, count):
        return passed(f"{count.rows} rows in the source, the same as in the file", **figures)
    return passed(
        f"the source has changed since: of {manifest.source_count} rows up to {-missing} were changed or deleted, "
        f"up to {count.written_since} are new",
        **figures,
    )


def _by_digest(manifest: Manifest, count: SourceCount, figures: dict[str, Figure]) -> Finding:
    """Judge where the source shows no transaction ids."""
    if is_same(manifest, count):
        return passed(f"{count.rows} rows in the source, the same as in the file by their digest", **figures)
    return failed(
        Severity.WARN,
        f"{count.rows} rows in the source, {manifest.source_count} other ones when it was exported; the source does "
        "not show which transactions wrote them, so nobody can tell why; export the partition again",
        **figures,
    )


def _figures(manifest: Manifest, stored: StoredRows, count: SourceCount | None) -> dict[str, Figure]:
    figures: dict[str, Figure] = {
        "rows_in_file": stored.in_file,
        "rows_in_quarantine": stored.in_quarantine,
        "rows_when_exported": manifest.source_count,
    }
    if count:
        figures |= {"rows_in_source": count.rows, "rows_written_since": count.written_since}
    return figures
