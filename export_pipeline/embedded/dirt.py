"""Which sample rows are dirty, how often each kind of dirt occurs, and the exact count of what was made.

Kinds within one group never share a row, so that each can be counted by itself; groups are independent. What
a dirty value looks like: `sample_messages`, `sample_levels`, `sample_logs` and `sample_anomalies`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]

# Shares of the rows of `log_entries` …
MESSAGE_DIRT = {
    "ansi_messages": 0.010,  # wrapped in a terminal colour
    "tab_messages": 0.010,  # a tab for a blank
    "control_messages": 0.005,  # U+0001, U+0007, U+0008 or U+001F inside
    "blank_run_messages": 0.010,  # runs of blanks, some of them U+00A0, U+2003 and U+3000
    "broken_json_messages": 0.005,  # JSON cut off in mid-value
}
LEVEL_DIRT = {
    "mixed_case_levels": 0.050,  # Error, WARNING, nOTICE
    "alias_levels": 0.030,  # err, warn, crit, emerg, informational; fewer, as not every level has one
    "invalid_levels": 0.005,  # 'WRN!', 'verbose', ''
    "null_levels": 0.005,
}
DEVICE_DIRT = {
    "null_devices": 0.010,  # device_id is NULL
    "host_name_ips": 0.020,  # device_ip holds the host's name
}
# … and of the rows of `anomaly_records`.
ANOMALY_DIRT = {
    "bad_severities": 0.010,  # outside 1-5
    "bad_confidences": 0.010,  # outside 0-1
}


@dataclass(frozen=True, slots=True)
class DirtCounts:
    """The exact number of rows of each kind of dirt in one filled sample."""

    ansi_messages: int
    tab_messages: int
    control_messages: int
    blank_run_messages: int
    broken_json_messages: int
    mixed_case_levels: int
    alias_levels: int
    invalid_levels: int
    null_levels: int
    null_devices: int
    host_name_ips: int
    bad_severities: int
    bad_confidences: int


def draw_dirt(rng: np.random.Generator, row_count: int, rates: Mapping[str, float]) -> dict[str, Rows]:
    """Return for each kind of `rates` the numbers, 0 to `row_count` - 1, of its rows: its share, rounded."""
    rows = rng.permutation(row_count)
    ends = np.cumsum([round(rate * row_count) for rate in rates.values()])
    return dict(zip(rates, np.split(rows, ends)[:-1], strict=True))
