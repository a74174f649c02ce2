"""A preview goes the whole way of the rows, and leaves nothing."""

import pytest

from export_pipeline import source_rows
from export_pipeline.errors import InvalidDataError, ReconciliationError
from export_pipeline.on_demand.preview import preview
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.on_demand.exporting import Exports, left_in
from export_pipeline_tests.on_demand.test_run import drop_second

READING = "select 1 from pg_stat_activity where application_name = 'export_pipeline' and datname = current_database()"


def test_the_first_rows_are_shown_before_and_after(exports: Exports, sql: RunSql) -> None:
    request = exports.request(datasets=["logs", "ips"], preview=7, compute=["logs: loud=upper(message)"])
    logs, ips = preview(request, "run-1")
    assert (len(logs.before), len(logs.after), len(ips.before)) == (7, 7, 7)
    assert logs.is_aligned
    assert "loud" not in logs.before[0]
    assert all(after["loud"] == str(after["message"]).upper() for after in logs.after)
    assert left_in(exports.root) == []
    assert sql(exports.url, READING) == []


def test_rows_may_be_filtered_out(exports: Exports) -> None:
    (logs,) = preview(exports.request(datasets=["logs"], preview=10, filters=["message = 'none is so'"]), "run-1")
    assert (len(logs.before), len(logs.after), logs.is_aligned) == (10, 0, False)
    assert logs.account.filtered_count == 10


def test_rows_may_be_set_aside(exports: Exports, sql: RunSql) -> None:
    sql(exports.url, "update ip_addresses set risk_score = -1")
    given = {"datasets": ["ips"], "preview": 5, "validation_level": "strict"}
    (ips,) = preview(exports.request(**given, on_invalid="quarantine"), "run-1")
    assert (ips.account.quarantined_count, len(ips.after)) == (5, 0)
    with pytest.raises(InvalidDataError):
        preview(exports.request(**given, on_invalid="fail"), "run-1")
    assert left_in(exports.root) == []


def test_a_preview_has_to_add_up_too(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_rows, "read_batches", drop_second)
    with pytest.raises(ReconciliationError, match="logs preview"):
        preview(exports.request(datasets=["logs"], preview=30, batch_rows=10), "run-1")


def test_fewer_rows_than_asked_for_are_all(exports: Exports) -> None:
    (ips,) = preview(exports.request(datasets=["ips"], preview=10_000), "run-1")
    assert len(ips.after) == 60
