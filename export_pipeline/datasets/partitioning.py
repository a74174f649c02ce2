"""How a dataset is cut in time: which partitions there are, and which window of time each one covers.

Windows are half-open, contiguous and in UTC, so that every time lies in exactly one, on days of 23 and 25
hours too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from export_pipeline.errors import ConfigError
from export_pipeline.extract.selection import Window


class Grain(StrEnum):
    """The length of a partition."""

    DAY = "day"
    HOUR = "hour"

    @property
    def length(self) -> timedelta:
        """How long a partition is, where no clock is changed."""
        return timedelta(days=1) if self is Grain.DAY else timedelta(hours=1)


_DAY_FORMAT = "%Y-%m-%d"
_HOUR_FORMAT = "%Y-%m-%dT%H"


@dataclass(frozen=True, slots=True)
class Partitioning:
    """Partitions from `first` on: days of `zone`, or hours, which are always those of UTC."""

    first: date
    grain: Grain = Grain.DAY
    zone: str = "UTC"

    @property
    def key_format(self) -> str:
        """The strftime format of a partition's key: `2026-11-20`, or `2026-11-20T05`."""
        return _DAY_FORMAT if self.grain is Grain.DAY else _HOUR_FORMAT

    def folder(self, key: str) -> str:
        """Return the partition's folder in the layout: `date=2026-11-20`, or `hour=2026-11-20T05`."""
        return f"{'date' if self.grain is Grain.DAY else 'hour'}={key}"

    def window(self, key: str) -> Window:
        """Return the span of time that `key` covers. Raises: ConfigError for a key of another form."""
        try:
            moment = datetime.strptime(key, self.key_format)  # noqa: DTZ007 - the zone is added below
        except ValueError:
            example = self.first.strftime(self.key_format)
            raise ConfigError(
                f"partition {key!r} is not of the form {self.key_format}, for example {example}"
            ) from None
        if self.grain is Grain.HOUR:
            start = moment.replace(tzinfo=UTC)
            return Window(start, start + timedelta(hours=1))
        return Window(self._midnight(moment.date()), self._midnight(moment.date() + timedelta(days=1)))

    def bounds(self, keys: Sequence[str]) -> list[datetime]:
        """Return when each of `keys`, which follow each other, begins, and when the last one ends."""
        windows = [self.window(key) for key in keys]
        return [window.start for window in windows if window.start] + [
            window.end for window in windows[-1:] if window.end
        ]

    def keys(self, now: datetime) -> list[str]:
        """Return every partition up to the one that is open at `now` (aware), oldest first."""
        if self.grain is Grain.HOUR:
            start = datetime.combine(self.first, time(), UTC)
            hours = int((now - start).total_seconds() // 3600) + 1
            return [(start + timedelta(hours=hour)).strftime(_HOUR_FORMAT) for hour in range(hours)]
        days = (now.astimezone(ZoneInfo(self.zone)).date() - self.first).days + 1
        return [(self.first + timedelta(days=day)).strftime(_DAY_FORMAT) for day in range(days)]

    def _midnight(self, day: date) -> datetime:
        # Where midnight does not exist, fold=0 gives the instant of the change, which is where the day
        # begins.
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)
