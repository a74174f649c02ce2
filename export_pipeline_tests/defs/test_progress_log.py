"""Progress in the run's log: a line now and then, and always the last one."""

import pytest
from dagster import DagsterEventType

from export_pipeline.defs import progress_log
from export_pipeline_tests.defs.project import Project


@pytest.mark.parametrize(("every_s", "lines"), [(3.0, 1), (0.0, 7)])
def test_lines_come_every_few_seconds_and_at_the_end(
    project: Project, days: list[str], monkeypatch: pytest.MonkeyPatch, every_s: float, lines: int
) -> None:
    monkeypatch.setattr(progress_log, "_EVERY_S", every_s)
    result = project.run(partition=days[0], assets=["logs"], config={"batch_rows": 100})
    rows = project.manifests()[f"date={days[0]}"].row_count
    logged = [entry.user_message for entry in project.instance.all_logs(result.run_id)]
    shown = [text for text in logged if "rows/s" in text]
    assert len(shown) == (lines if every_s else -(-rows // 100))
    assert f"{rows:,} of {rows:,} rows (100%)" in shown[-1]
    assert f"logs date={days[0]} parquet" in shown[-1]
    assert DagsterEventType.RUN_SUCCESS in {event.event_type for event in result.all_events}
