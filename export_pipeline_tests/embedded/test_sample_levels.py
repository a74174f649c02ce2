import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.embedded.dirt import LEVEL_DIRT, draw_dirt
from export_pipeline.embedded.sample_levels import WORDS, make_levels

ALIASES = {"emerg": 0, "crit": 2, "err": 3, "warn": 4, "informational": 6}


@given(row_count=st.integers(1, 3_000), seed=st.integers(0, 50))
def test_levels_agree_with_severities_except_where_they_are_dirty(row_count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    severities = rng.integers(0, 8, row_count)
    dirt = draw_dirt(rng, row_count, LEVEL_DIRT)
    levels, counts = make_levels(rng, severities, dirt)
    kinds = dict.fromkeys(LEVEL_DIRT, 0)
    for level, severity in zip(levels.to_pylist(), severities.tolist(), strict=True):
        if level is None:
            kinds["null_levels"] += 1
        elif level in ("WRN!", "verbose", ""):
            kinds["invalid_levels"] += 1
        elif level in ALIASES:
            assert ALIASES[level] == severity
            kinds["alias_levels"] += 1
        else:
            assert level.lower() == WORDS[severity]
            kinds["mixed_case_levels"] += level != WORDS[severity]
    assert counts == kinds
