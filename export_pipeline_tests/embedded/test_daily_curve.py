from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.embedded.daily_curve import DailyCurve, to_timestamps

LAST_DAY = date(2026, 3, 1)
days = st.integers(1, 40)


def to_datetime(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


def test_window_is_whole_utc_days_that_end_with_the_last() -> None:
    curve = DailyCurve(LAST_DAY, 3)
    assert to_datetime(curve.start_us) == datetime(2026, 2, 27, tzinfo=UTC)
    assert str(to_timestamps(np.array([curve.end_us]))[0]) == "2026-03-01 23:59:59.999999"


@given(days=days, positions=st.lists(st.floats(0, 1), min_size=1))
def test_moments_keep_the_order_and_the_window(days: int, positions: list[float]) -> None:
    curve = DailyCurve(LAST_DAY, days)
    moments = curve.place(np.sort(np.array(positions)))
    assert curve.start_us <= moments[0]
    assert moments[-1] <= curve.end_us
    assert (np.diff(moments) >= 0).all()


@given(days=days, cut=st.integers(0, 50), total=st.integers(50, 60), seed=st.integers(0, 50))
def test_rows_in_chunks_are_the_rows_at_once(days: int, cut: int, total: int, seed: int) -> None:
    curve = DailyCurve(LAST_DAY, days)
    whole = curve.spread(np.random.default_rng(seed), 0, total, total)
    rng = np.random.default_rng(seed)
    chunks = [curve.spread(rng, 0, cut, total), curve.spread(rng, cut, total - cut, total)]
    assert np.concatenate(chunks).tolist() == whole.tolist()


def test_days_are_alike_and_busier_than_nights() -> None:
    moments = DailyCurve(LAST_DAY, 2).spread(np.random.default_rng(1), 0, 20_000, 20_000)
    hours = np.bincount([to_datetime(moment).hour for moment in moments.tolist()], minlength=24)
    assert hours[10] > 4 * hours[2]
    by_day = np.bincount([to_datetime(moment).day for moment in moments.tolist()])
    assert by_day[28] == by_day[1] == 10_000


def test_timestamps_are_naive_microseconds() -> None:
    assert to_timestamps(np.array([1])).type == pa.timestamp("us")
