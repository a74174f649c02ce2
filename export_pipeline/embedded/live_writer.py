"""Keeps the sample's tables changing: one transaction at a time, as the system that owns them would do it.

New rows are stamped by the server's clock. Now and then something happens to a day before: rows come late, change or
go. What the rows hold: `live_rows`. Who fills the tables before: `sample`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final, LiteralString

import numpy as np
import psycopg

from export_pipeline.embedded.daily_curve import DailyCurve
from export_pipeline.embedded.live_rows import LiveRows, newest_log

ANOMALY_SHARE: Final = 0.05
ADDRESS_SHARE: Final = 0.05

_TOUCHED_EVERY: Final = 5
_OLD_EVERY: Final = 15
_OLD_FIRST: Final = 3
_DAYS_BACK: Final = 6
_LATE_ROWS, _CHANGED_ROWS, _GONE_ROWS = 5, 3, 1
_SECOND_US: Final = 1_000_000
_LIMITS: Final = "-c lock_timeout=2s -c statement_timeout=5s -c timezone=UTC"

_PUSH_LOGS: Final = """
UPDATE log_entries SET pushed_to_ai = true, pushed_at = clock_timestamp(), push_attempts = push_attempts + 1
WHERE id IN (SELECT id FROM log_entries WHERE timestamp >= %s AND timestamp < %s ORDER BY timestamp LIMIT %s)
"""
_RESOLVE_ANOMALIES: Final = """
UPDATE anomaly_records SET status = 'resolved', updated_at = clock_timestamp()
WHERE id IN (SELECT id FROM anomaly_records WHERE timestamp >= %s AND timestamp < %s ORDER BY timestamp LIMIT %s)
"""
_DELETE_LOGS: Final = """
DELETE FROM log_entries WHERE id IN (
    SELECT id FROM log_entries l WHERE timestamp >= %s AND timestamp < %s
    AND NOT EXISTS (SELECT FROM anomaly_records a WHERE a.log_entry_id = l.id) ORDER BY timestamp LIMIT %s)
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What a transaction did to one day of a table: `kind` is `inserted`, `changed` or `deleted`."""

    table: str
    day: date
    kind: str
    rows: int


class LiveWriter:
    """Writes to the filled source tables at `url`, `rate` new rows a transaction; seed and tables decide what is drawn.

    Days before `first_day` are left alone. Raises, like its methods: psycopg.Error when the tables are not there, are
    not what they were, or somebody locks them for longer than two seconds.
    """

    def __init__(self, url: str, rate: int, first_day: date, seed: int = 0) -> None:
        self._url, self._rate, self._first_day = url, rate, first_day
        self._numbers = count()
        with self._connect() as connection:
            # Not the same again where an earlier writer left off.
            self._rng = np.random.default_rng([seed, newest_log(connection)])
            self._rows = LiveRows(connection, self._rng)

    def write(self) -> list[Change]:
        """Commit one transaction and return what it did, by table and day."""
        number = next(self._numbers)
        with self._connect() as connection:
            now = _read_clock(connection)
            done = self._insert(connection, now, number)
            if number % _TOUCHED_EVERY == 0:
                done.append(self._execute(connection, _PUSH_LOGS, now.date(), _CHANGED_ROWS))
            if number % _OLD_EVERY == _OLD_FIRST and (day := self._draw_day_before(now.date())):
                done.append(self._disturb(connection, day, number // _OLD_EVERY))
        return [change for change in done if change.rows]

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._url, connect_timeout=5, options=_LIMITS)

    def _insert(self, connection: psycopg.Connection, now: datetime, number: int) -> list[Change]:
        """Insert the rows of the last second: logs, and a few anomalies and addresses."""
        anomalies, addresses = (_due(number, self._rate * share) for share in (ANOMALY_SHARE, ADDRESS_SHARE))
        logs = max(anomalies, self._rate - anomalies - addresses)
        ages_us = np.sort(self._rng.integers(0, _SECOND_US, logs))[::-1]
        written = self._rows.add_logs(connection, now.date(), int(now.timestamp() * _SECOND_US) - ages_us)
        counts = {
            "log_entries": len(written),
            "anomaly_records": self._rows.add_anomalies(connection, now.date(), written.slice(0, anomalies)),
            "ip_addresses": self._rows.add_addresses(connection, now, addresses),
        }
        return [Change(table, now.date(), "inserted", rows) for table, rows in counts.items()]

    def _disturb(self, connection: psycopg.Connection, day: date, turn: int) -> Change:
        """Do to a day before what the sensor has to find."""
        if turn % 3 == 0:
            moments = DailyCurve(day, 1).place(np.sort(self._rng.random(_LATE_ROWS)))
            return Change("log_entries", day, "inserted", len(self._rows.add_logs(connection, day, moments)))
        if turn % 3 == 1:
            return self._execute(connection, _RESOLVE_ANOMALIES, day, _CHANGED_ROWS)
        return self._execute(connection, _DELETE_LOGS, day, _GONE_ROWS)

    def _execute(self, connection: psycopg.Connection, statement: LiteralString, day: date, limit: int) -> Change:
        """Change or delete the first rows behind some moment of the day."""
        end = datetime.combine(day + timedelta(days=1), datetime.min.time())
        start = end - timedelta(days=float(self._rng.random()))
        rows = connection.execute(statement, (start, end, limit)).rowcount
        table = "anomaly_records" if statement is _RESOLVE_ANOMALIES else "log_entries"
        return Change(table, day, "deleted" if statement is _DELETE_LOGS else "changed", rows)

    def _draw_day_before(self, today: date) -> date | None:
        """Return one of the days before today; None where the sample has none."""
        days = [today - timedelta(days=back) for back in range(1, _DAYS_BACK + 1)]
        known = [day for day in days if day >= self._first_day]
        return known[self._rng.integers(0, len(known))] if known else None


def _due(number: int, rows: float) -> int:
    """Return how many rows transaction `number` inserts, at `rows` a transaction: fractions add up."""
    return int((number + 1) * rows) - int(number * rows)


def _read_clock(connection: psycopg.Connection) -> datetime:
    """Return the server's time, in UTC."""
    ((now,),) = connection.execute("SELECT clock_timestamp()").fetchall()
    moment: datetime = now
    return moment.astimezone(UTC)
