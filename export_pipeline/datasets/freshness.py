"""How old the newest export of a dataset may get: said in partitions, so that it holds for days and hours alike.

The schedule exports every partition when it closes, rows or none. So a dataset that is looked after is exported at
least once in the length of a partition, and one that is not can be told from one whose table stands still.
"""

from dataclasses import dataclass
from datetime import timedelta

from export_pipeline.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Freshness:
    """After how many lengths of a partition without an export a dataset is late, and when it has failed.

    By default 30 and 54 hours for days: a quarter of a day for a queue, a retry or a night's maintenance.
    Raises: ConfigError unless 0 < `late` < `failed`.
    """

    late: float = 1.25
    failed: float = 2.25

    def __post_init__(self) -> None:
        if not 0 < self.late < self.failed:
            raise ConfigError(f"freshness is late at {self.late} and failed at {self.failed}; give 0 < late < failed")

    def windows(self, partition: timedelta) -> tuple[timedelta, timedelta]:
        """Return when a dataset with partitions this long is late, and when it has failed."""
        return partition * self.late, partition * self.failed
