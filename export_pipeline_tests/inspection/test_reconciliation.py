"""The truth table of docs/checks.md: which differences between file, manifest and source are explained."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.extract.selection import Window
from export_pipeline.extract.snapshot import SnapshotIdentity
from export_pipeline.inspection.finding import Finding
from export_pipeline.inspection.reconciliation import (
    StoredRows,
    check_reconciliation,
    is_same,
    why_incomparable,
)
from export_pipeline.inspection.source_look import SourceCount, SourceLook
from export_pipeline.schemas.thresholds import Severity
from export_pipeline.write.formats.format import WrittenFile
from export_pipeline.write.manifest import Manifest
from export_pipeline_tests.write.samples import manifest_of, snapshot

LOGS = DATASETS["logs"]
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
DAY = Window(MIDNIGHT, MIDNIGHT + timedelta(days=1))
TEN = manifest_of(
    WrittenFile(10, 1_000, "a" * 64),
    declaration_fingerprint=LOGS.fingerprint,
    selection={"start": "2026-11-20T00:00:00+00:00", "end": "2026-11-21T00:00:00+00:00"},
)
SAME_TABLE = TEN.relations
SAME_SERVER = SnapshotIdentity(150, 150, MIDNIGHT, TEN.snapshot.system_identifier, TEN.snapshot.timeline)


def found(count: SourceCount | None, manifest: Manifest = TEN, stored: int = 10, reason: str | None = None) -> Finding:
    return check_reconciliation(manifest, StoredRows(stored, 0), count, reason, Severity.ERROR)


def test_the_same_rows_pass() -> None:
    same = found(SourceCount(10, 10, None, SAME_TABLE))
    assert same.passed
    assert "the same as in the file" in same.summary
    assert same.figures["rows_written_since"] == 0


@pytest.mark.parametrize(
    ("count", "gone", "new"),
    [
        (SourceCount(12, 10), 0, 2),
        (SourceCount(8, 8), 2, 0),
        (SourceCount(10, 7), 3, 3),
        (SourceCount(0, 0), 10, 0),
    ],
    ids=["inserted", "deleted", "updated", "all gone"],
)
def test_what_changed_since_passes_and_is_said(count: SourceCount, gone: int, new: int) -> None:
    changed = found(count)
    assert changed.passed
    assert f"of 10 rows up to {gone} were changed or deleted, up to {new} are new" in changed.summary


@pytest.mark.parametrize(
    ("relations", "said"),
    [({"16386": "-3"}, "its rows lie in other tables"), ({"16385": "-4"}, "the table's columns were changed")],
)
@pytest.mark.parametrize("rows", [3, 10])
def test_old_rows_that_the_snapshot_did_not_see_so_cannot_be_compared(
    rows: int, relations: dict[str, str], said: str
) -> None:
    exchanged = found(SourceCount(rows, rows, None, relations))
    assert (exchanged.passed, exchanged.severity) == (False, Severity.WARN)
    assert f"the source cannot be compared: {said}" in exchanged.summary


@pytest.mark.parametrize("rows", [11, 30])
def test_more_old_rows_than_were_counted_are_missing_in_the_file(rows: int) -> None:
    lost = found(SourceCount(rows, 11))
    assert (lost.passed, lost.severity) == (False, Severity.ERROR)
    assert "at least 1 rows of the source are missing" in lost.summary


def test_a_file_of_other_rows_than_its_manifest_says_is_never_explained() -> None:
    short = found(SourceCount(9, 9), stored=9)
    assert (short.passed, short.severity) == (False, Severity.ERROR)
    assert "the file holds 9 rows, 10 were published" in short.summary


def test_a_quarantine_of_other_rows_than_were_set_aside_is_never_explained() -> None:
    manifest = manifest_of(WrittenFile(10, 1, "a"), quarantined_count=2, source_count=12)
    short = check_reconciliation(manifest, StoredRows(10, 1), SourceCount(12, 12), None, Severity.ERROR)
    assert (short.passed, short.severity) == (False, Severity.ERROR)
    assert "the quarantine holds 1 rows, 2 were set aside" in short.summary
    assert check_reconciliation(manifest, StoredRows(10, 2), SourceCount(12, 12), None, Severity.ERROR).passed


@pytest.mark.parametrize(
    ("rows", "digest", "passes"), [(10, "77", True), (10, "78", False), (9, "77", False), (11, "78", False)]
)
def test_without_transaction_ids_count_and_digest_speak_and_only_warn(rows: int, digest: str, *, passes: bool) -> None:
    blind = found(SourceCount(rows, None, digest), replace(TEN, digest="77"))
    assert (blind.passed, blind.severity) == (passes, Severity.WARN)
    assert blind.figures["rows_written_since"] is None


@pytest.mark.parametrize("count", [SourceCount(30, 30), None])
def test_what_cannot_be_compared_warns_with_the_reason(count: SourceCount | None) -> None:
    strange = found(count, reason="it is another server")
    assert (strange.passed, strange.severity) == (False, Severity.WARN)
    assert "cannot be compared: it is another server" in strange.summary


def test_a_short_file_is_an_error_even_where_the_source_cannot_be_compared() -> None:
    assert found(None, stored=9, reason="it is another server").severity is Severity.ERROR


@pytest.mark.parametrize(
    ("count", "same"),
    [
        (SourceCount(10, 10, None, SAME_TABLE), True),
        (SourceCount(10, 10, None, {"16385": "-4"}), False),
        (SourceCount(10, 10, None, {"16386": "-3"}), False),
        (SourceCount(10, 9, None, SAME_TABLE), False),
        (SourceCount(9, 9), False),
        (SourceCount(10, None, "77"), False),
    ],
)
def test_the_same_rows_are_known_by_count_and_age(count: SourceCount, *, same: bool) -> None:
    assert is_same(TEN, count) is same


def test_then_and_now_can_be_compared() -> None:
    assert why_incomparable(TEN, look(), LOGS, DAY) is None


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        (manifest_of(WrittenFile(10, 1, "a"), selection=TEN.selection), "declaration changed"),
        (manifest_of(WrittenFile(10, 1, "a"), selection={}), "another span of time"),
    ],
)
def test_another_declaration_or_span_cannot_be_compared(manifest: Manifest, reason: str) -> None:
    assert reason in str(why_incomparable(manifest, look(), LOGS, DAY))


@pytest.mark.parametrize(
    "identity",
    [
        SnapshotIdentity(150, 150, MIDNIGHT, "another", 1),
        SnapshotIdentity(150, 150, MIDNIGHT, TEN.snapshot.system_identifier, 2),
        SnapshotIdentity(50, 50, MIDNIGHT, TEN.snapshot.system_identifier, 1),
        SnapshotIdentity(2**31 + 100, 2**31 + 100, MIDNIGHT, TEN.snapshot.system_identifier, 1),
    ],
    ids=["server", "timeline", "rewound", "too old"],
)
def test_transactions_of_another_history_cannot_be_compared(identity: SnapshotIdentity) -> None:
    assert TEN.snapshot == snapshot(100)
    reason = why_incomparable(TEN, look(identity), LOGS, DAY)
    assert str(reason).endswith("export the partition again")


def test_a_source_that_could_not_be_counted_says_why() -> None:
    uncounted = SourceLook(SAME_SERVER, ("column 'timestamp' is missing",), (), {})
    assert "column 'timestamp' is missing" in str(why_incomparable(TEN, uncounted, LOGS, DAY))


def look(identity: SnapshotIdentity = SAME_SERVER) -> SourceLook:
    return SourceLook(identity, (), (), {"2026-11-20": SourceCount(10, 10)})
