import json
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from export_pipeline.embedded.daily_curve import DailyCurve
from export_pipeline.embedded.sample_anomalies import AnomalyMaker

CURVE = DailyCurve(date(2026, 7, 1), 1)
NOON = datetime(2026, 7, 1, 12)  # noqa: DTZ001 - the column is naive UTC


def make_logs(moments: list[datetime]) -> pa.Table:
    ids = pa.array(range(len(moments)), pa.int32())
    return pa.table({"id": ids, "device_id": ids, "timestamp": pa.array(moments, pa.timestamp("us"))})


def test_anomalies_are_in_range_except_those_counted() -> None:
    maker = AnomalyMaker(np.random.default_rng(1), CURVE)
    rows = maker.make_chunk(500, make_logs([NOON] * 1_000)).to_pylist()
    assert [row["id"] for row in rows] == list(range(501, 1_501))
    assert sum(not 1 <= row["severity"] <= 5 for row in rows) == maker.dirt["bad_severities"] == 10
    assert sum(not 0 <= row["confidence"] <= 1 for row in rows) == maker.dirt["bad_confidences"] == 10
    assert {row["status"] for row in rows} == {"new", "acknowledged", "resolved", "false_positive"}
    assert all(NOON < row["created_at"] < row["updated_at"] < NOON + timedelta(hours=1) for row in rows)


def test_metadata_is_nested_json_that_repeats_the_confidence() -> None:
    maker = AnomalyMaker(np.random.default_rng(1), CURVE)
    for row in maker.make_chunk(0, make_logs([NOON] * 300)).to_pylist():
        metadata = json.loads(row["metadata"])
        assert metadata["scores"][0] == row["confidence"]
        assert metadata["window"]["minutes"] == 5


def test_record_times_stop_at_the_end_of_the_sample() -> None:
    end = datetime(2026, 7, 1, 23, 59, 59, 999_999)  # noqa: DTZ001 - naive UTC
    rows = AnomalyMaker(np.random.default_rng(1), CURVE).make_chunk(0, make_logs([end])).to_pylist()
    assert (rows[0]["created_at"], rows[0]["updated_at"]) == (end, end)
