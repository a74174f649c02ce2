from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from export_pipeline.embedded.daily_curve import DailyCurve
from export_pipeline.embedded.sample_devices import make_devices
from export_pipeline.embedded.sample_logs import LogMaker
from export_pipeline.embedded.text_gaps import GapFiller


@pytest.fixture
def maker() -> LogMaker:
    rng = np.random.default_rng(11)
    devices = make_devices(5, datetime(2026, 7, 1))  # noqa: DTZ001 - the column is naive UTC
    return LogMaker(rng, DailyCurve(date(2026, 7, 1), 1), devices, GapFiller(rng, ["192.0.2.7"]))


def test_dirt_adds_up_over_chunks(maker: LogMaker) -> None:
    maker.make_chunk(0, 1_000, 3_000)
    once = maker.dirt["ansi_messages"]
    maker.make_chunk(1_000, 2_000, 3_000)
    assert (once, maker.dirt["ansi_messages"]) == (10, 30)


def test_day_of_the_syslog_line_is_padded_with_a_blank(maker: LogMaker) -> None:
    lines = maker.make_chunk(0, 20, 20)["raw_message"].to_pylist()
    assert all(line.split(">")[1].startswith("Jul  1 ") for line in lines)
    assert all(line.endswith("\n") for line in lines)


def test_only_pushed_rows_have_a_push_time_after_their_own(maker: LogMaker) -> None:
    rows = maker.make_chunk(0, 2_000, 2_000).select(["timestamp", "pushed_to_ai", "pushed_at", "push_attempts"])
    assert rows.schema.field("timestamp").type == pa.timestamp("us")
    for row in rows.to_pylist():
        assert row["pushed_to_ai"] == (row["pushed_at"] is not None)
        assert not row["pushed_to_ai"] or (row["pushed_at"] > row["timestamp"] and row["push_attempts"] > 0)
