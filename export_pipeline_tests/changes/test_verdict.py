"""The comparison itself, without a database: which horizon, count and history put a file out of date."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.changes.verdict import State, Verdict, judge
from export_pipeline.extract.selection import Window
from export_pipeline.extract.snapshot import SnapshotIdentity
from export_pipeline.extract.tally import Tally
from export_pipeline.write.manifest import Manifest
from export_pipeline.write.snapshot_id import SnapshotId

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = Window(NOW, NOW + timedelta(days=1))


def manifest(rows: int, xmin: int, newest: int | None = None) -> Manifest:
    return Manifest(
        dataset="logs",
        partition="date=2026-11-20",
        format="parquet",
        compression="zstd",
        run_id="r",
        source_count=rows,
        row_count=rows,
        invalid_count=0,
        quarantined_count=0,
        bytes=1,
        sha256="",
        arrow_schema=(),
        schema_fingerprint="",
        declaration_fingerprint="declared",
        selection={"start": "2026-11-20T00:00:00+00:00", "end": "2026-11-21T00:00:00+00:00"},
        config={},
        snapshot=SnapshotId(xmin, xmin + 3, NOW, "1", 1),
        newest=newest,
        relations={},
        digest=None,
        quality=None,
        failures=(),
        transforms=(),
        started_at=NOW,
        finished_at=NOW,
        stages={},
        source_export_id=None,
        quarantine=None,
        software_version="0",
    )


def server_at(xmax: int) -> SnapshotIdentity:
    return SnapshotIdentity(xmax, xmax, NOW, "1", 1)


xids = st.integers(3, 2**33)


@given(st.integers(0, 5), st.integers(0, 5), xids, xids, st.integers(0, 2**32))
def test_in_sync_means_as_many_rows_and_none_from_the_horizon_on(
    published_rows: int, rows: int, horizon: int, newest: int, passed: int
) -> None:
    tally = Tally(rows, newest if rows else None)
    verdict = judge(manifest(published_rows, horizon), tally, server_at(horizon + passed), "declared", DAY)
    expected = rows == published_rows and (rows == 0 or newest < horizon) and passed < 2**31
    assert (verdict.state is State.IN_SYNC) == expected
    assert verdict.needs_export != expected


@pytest.mark.parametrize(("passed", "state"), [(2**31 - 1, State.IN_SYNC), (2**31, State.CHANGED)])
def test_transaction_ids_half_a_round_apart_are_not_compared(passed: int, state: State) -> None:
    verdict = judge(manifest(1, 100), Tally(1, 50), server_at(100 + passed), "declared", DAY)
    assert verdict.state is state
    assert verdict.state is State.IN_SYNC or "too old to compare" in verdict.reason


def test_a_server_behind_the_published_horizon_was_rewound() -> None:
    verdict = judge(manifest(1, 1000), Tally(1, 50), server_at(999), "declared", DAY)
    assert verdict.reason == "the source was rewound behind the published snapshot"


@pytest.mark.parametrize("other", [{"system_identifier": "2"}, {"timeline": 2}])
def test_another_server_or_timeline_is_not_compared(other: dict[str, object]) -> None:
    identity = replace(server_at(1000), **other)  # type: ignore[arg-type] # one field each
    assert judge(manifest(1, 100), Tally(1, 50), identity, "declared", DAY).state is State.CHANGED


def test_another_declaration_is_out_of_date_whatever_the_rows() -> None:
    assert judge(manifest(1, 100), Tally(1, 50), server_at(200), "declared anew", DAY).state is State.CHANGED


def test_a_newest_row_that_nobody_knows_is_not_in_sync() -> None:
    assert judge(manifest(1, 100), Tally(1, None), server_at(200), "declared", DAY).needs_export


def test_rows_that_lie_in_another_table_are_not_in_sync_however_old_they_are() -> None:
    published = replace(manifest(2, 100), relations={"7": "a", "9": "b"})
    assert not judge(published, Tally(2, 50, {"9": "b", "7": "a"}), server_at(200), "declared", DAY).needs_export
    for oids in ("7", "78", "789", ""):
        relations = {oid: "a" if oid == "7" else "b" for oid in oids}
        verdict = judge(published, Tally(2, 50, relations), server_at(200), "declared", DAY)
        assert verdict == Verdict(State.CHANGED, "its rows lie in other tables than when it was published")


def test_a_table_that_reads_its_rows_otherwise_is_not_in_sync() -> None:
    published = replace(manifest(2, 100), relations={"7": "a"})
    verdict = judge(published, Tally(2, 50, {"7": "b"}), server_at(200), "declared", DAY)
    assert verdict == Verdict(State.CHANGED, "the table's columns were changed since it was published")


@pytest.mark.parametrize("rows", [0, 1])
def test_another_span_of_time_is_out_of_date_whatever_the_rows(rows: int) -> None:
    later = Window(NOW + timedelta(hours=1), DAY.end)
    verdict = judge(manifest(rows, 100), Tally(rows, 50), server_at(200), "declared", later)
    assert verdict == Verdict(State.CHANGED, "the partition was another span of time when it was exported")


@pytest.mark.parametrize(
    ("published", "today", "state"),
    [
        ("12", "12", State.IN_SYNC),
        ("12", "13", State.CHANGED),
        (None, "12", State.CHANGED),
        ("12", None, State.CHANGED),
    ],
)
def test_a_digest_takes_the_place_of_transactions(published: str | None, today: str | None, state: State) -> None:
    tally = Tally(2, None if today else 50, {} if today else {"7": "a"}, today)
    assert judge(replace(manifest(2, 100), digest=published), tally, server_at(200), "declared", DAY).state is state


@pytest.mark.parametrize(
    ("rows", "newest", "xmin", "state"),
    [
        (1, 150, 120, State.UNSETTLED),
        (1, 150, 150, State.UNSETTLED),
        (1, 150, 151, State.CHANGED),
        (1, 151, 120, State.CHANGED),
        (2, 150, 120, State.CHANGED),
    ],
    ids=["still held back", "held back by the newest itself", "horizon has passed", "newer row", "another count"],
)
def test_what_an_open_transaction_holds_back_is_unsettled_until_the_horizon_passes(
    rows: int, newest: int, xmin: int, state: State
) -> None:
    identity = replace(server_at(200), xmin=xmin)
    verdict = judge(manifest(1, 100, newest=150), Tally(rows, newest), identity, "declared", DAY)
    assert verdict.state is state
    assert verdict.needs_export == (state is State.CHANGED)
