from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.embedded.dirt import (
    ANOMALY_DIRT,
    DEVICE_DIRT,
    LEVEL_DIRT,
    MESSAGE_DIRT,
    DirtCounts,
    draw_dirt,
)

ALL = MESSAGE_DIRT | LEVEL_DIRT | DEVICE_DIRT | ANOMALY_DIRT


def test_every_kind_is_counted() -> None:
    assert {field.name for field in fields(DirtCounts)} == set(ALL)


@given(row_count=st.integers(0, 5_000), seed=st.integers(0, 100))
def test_kinds_share_no_row_and_have_their_rate(row_count: int, seed: int) -> None:
    dirt = draw_dirt(np.random.default_rng(seed), row_count, MESSAGE_DIRT)
    rows = np.concatenate(list(dirt.values()))
    assert len(set(rows.tolist())) == rows.size
    assert all(0 <= row < row_count for row in rows.tolist())
    assert {kind: len(of_kind) for kind, of_kind in dirt.items()} == {
        kind: np.diff([0, *np.cumsum([round(rate * row_count) for rate in MESSAGE_DIRT.values()])])[place]
        for place, (kind, rate) in enumerate(MESSAGE_DIRT.items())
    }
