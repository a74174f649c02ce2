"""One consistent view of the source: lock first, then the snapshot, then everything else inside it.

Without the lock a table that is rewritten or truncated between the snapshot and the first read would read as
empty. A lost connection ends the snapshot for good: two are never stitched together.
Source: PostgreSQL manual, 13.2.2 (REPEATABLE READ) and 13.5 (caveats of TRUNCATE and rewriting ALTER TABLE).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_postgresql.dbapi import Connection, Cursor

from export_pipeline.errors import UnrepresentableValueError
from export_pipeline.extract.catalog import LiveTable, describe
from export_pipeline.extract.interruptible import interruptibly
from export_pipeline.extract.names import TableName
from export_pipeline.extract.pg_errors import source_errors
from export_pipeline.extract.query import (
    count_query,
    duplicate_keys_query,
    lock_statement,
    lookup_query,
    special_time_columns,
    special_times_query,
    touch_query,
)
from export_pipeline.extract.selection import Selection
from export_pipeline.extract.source import Source, Timeouts, close_quietly
from export_pipeline.extract.tally import TalliedRows, Tally, add_up

T = TypeVar("T")

# 42809: LOCK does not take this kind of relation. 42501: it wants SELECT on the whole table.
_LOCK_REFUSED = frozenset({"42809", "42501"})

# The checkpoint's timeline lags behind a promotion by minutes; a standby shows no other.
_IDENTITY = """
SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint, clock_timestamp()::timestamptz(6),
    (SELECT system_identifier::text FROM pg_control_system()),
    CASE WHEN pg_is_in_recovery()
    THEN (SELECT greatest(timeline_id, min_recovery_end_timeline) FROM pg_control_checkpoint(), pg_control_recovery())
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END
FROM pg_current_snapshot() s
"""


@dataclass(frozen=True, slots=True)
class SnapshotIdentity:
    """Which state of which server was read. xmin and xmax are 64-bit transaction ids."""

    xmin: int
    xmax: int
    taken_at: datetime
    system_identifier: str
    timeline: int


@dataclass(frozen=True, slots=True)
class Count:
    """What is in a selection, counted by the server in the snapshot."""

    tally: Tally
    special_times: dict[str, int]
    """Per time column, how many values the policy for special times replaces."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open REPEATABLE READ transaction. Use from one thread at a time; `cancel` may come from any."""

    connection: Connection
    cursor: Cursor
    identity: SnapshotIdentity
    where: str

    def describe(self, selection: Selection) -> LiveTable:
        """Return the live shape of the selection's table."""
        doing = f"cannot read the columns of {selection.table}"
        return self._ask(doing, lambda: describe(self.cursor, selection))

    def count(self, selection: Selection, *, with_xmin: bool) -> Count:
        """Count the selection once, for progress and reconciliation.

        Raises: UnrepresentableValueError when arrays have no exact Arrow form.
        """
        query = count_query(selection, with_xmin=with_xmin)
        parts = self._ask(f"cannot count {selection.table}", lambda: self._fetch_rows(query))
        if nested := sum(guarded for *_, guarded, _ in parts):
            raise UnrepresentableValueError(
                f"{self.where}: {nested} rows of {selection.table} hold arrays of several dimensions, or not starting "
                "at 1, which an Arrow list cannot hold; declare the column as text in the dataset, or export a view "
                "that casts it to text"
            )
        tally = add_up(TalliedRows._make((*part, layout)) for *part, _, layout in parts)
        return Count(tally, self._special_times(selection))

    def lookup(self, table: TableName, columns: tuple[str, ...]) -> pa.Table:
        """Read a whole side table."""
        query = lookup_query(table, columns)
        return self._ask(f"cannot read {table}", lambda: self._fetch_table(query))

    def duplicate_keys(self, selection: Selection) -> pa.Table:
        """Return the keys that stand in the selection more than once, with their number of rows as `rows`."""
        query = duplicate_keys_query(selection)
        return self._ask(f"cannot compare the keys of {selection.table}", lambda: self._fetch_table(query))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Run a query of `query.py`'s making and return its few rows."""
        return self._ask("a query failed", lambda: self._fetch_rows(query))

    def cancel(self) -> None:
        """Stop whatever the server is doing for this snapshot; the statement under way ends with an error."""
        _cancel(self.cursor)

    def _ask(self, doing: str, work: Callable[[], T]) -> T:
        with source_errors(f"{self.where}: {doing}"):
            return interruptibly(work, self.cancel)

    def _fetch_rows(self, query: str) -> list[Any]:  # Any: what the query's columns hold
        self.cursor.execute(query)
        return list(self.cursor.fetchall())

    def _fetch_table(self, query: str) -> pa.Table:
        self.cursor.execute(query)
        return self.cursor.fetch_arrow_table()

    def _special_times(self, selection: Selection) -> dict[str, int]:
        query = special_times_query(selection)
        if query is None:
            return {}
        counts = [int(str(count)) for count in self.rows(query)[0]]
        return dict(zip(special_time_columns(selection), counts, strict=True))


@contextmanager
def open_snapshot(source: Source, tables: Sequence[tuple[TableName, str]], where: str) -> Iterator[Snapshot]:
    """Lock `tables`, given as (name, a readable column), and open a snapshot of them; both end with the block.

    `where` starts every error message, for example `logs 2026-11-20`.
    Raises: SourceBusyError (a lock was not had in time), SourceAccessError, SourceUnavailableError.
    """
    with ExitStack() as stack:
        connection = source.connect()
        stack.callback(close_quietly, connection)
        cursor = connection.cursor()
        stack.callback(close_quietly, cursor)
        with source_errors(f"{where}: cannot open a snapshot of {', '.join(str(name) for name, _ in tables)}"):
            begin = partial(_begin_locked, stack, source, connection, cursor, tables)
            identity = interruptibly(begin, partial(_cancel, cursor))
        yield Snapshot(connection, cursor, identity, where)


def _begin_locked(
    stack: ExitStack, source: Source, connection: Connection, cursor: Cursor, tables: Sequence[tuple[TableName, str]]
) -> SnapshotIdentity:
    """Begin the transaction behind its locks; what else holds them ends with `stack`."""
    _begin(connection, cursor, source.timeouts)
    if not _lock(cursor, tables):
        connection.adbc_connection.rollback()  # which begins anew, still without a snapshot
        _set_up(cursor, source.timeouts)
        stack.enter_context(_touch_lock(source, tables))
    return _identify(cursor)


def _cancel(cursor: Cursor) -> None:
    with suppress(adbc_driver_manager.Error):
        cursor.adbc_cancel()


def _lock(cursor: Cursor, tables: Sequence[tuple[TableName, str]]) -> bool:
    """Lock the tables; False, the transaction being broken then, where one of them refuses LOCK."""
    try:
        for table, _ in tables:
            cursor.execute(lock_statement(table))
    except adbc_driver_manager.Error as error:
        if error.sqlstate not in _LOCK_REFUSED:
            raise
        return False
    return True


@contextmanager
def _touch_lock(source: Source, tables: Sequence[tuple[TableName, str]]) -> Iterator[None]:
    """Hold the same lock from a second, READ COMMITTED connection: reading no row of a table takes it too."""
    connection = source.connect()
    cursor = connection.cursor()
    try:
        _begin(connection, cursor, source.timeouts, "READ COMMITTED")
        for table, column in tables:
            cursor.execute(touch_query(table, column))
            cursor.fetchall()
        yield
    finally:
        close_quietly(cursor, connection)


def _begin(connection: Connection, cursor: Cursor, timeouts: Timeouts, isolation: str = "REPEATABLE READ") -> None:
    """Begin by the driver's own call, which sends BEGIN as one message.

    A cursor prepares a statement first and runs it then: outside of a transaction a pooler may send the two to
    different sessions.
    """
    connection.adbc_connection.set_autocommit(False)
    _set_up(cursor, timeouts, isolation)


def _set_up(cursor: Cursor, timeouts: Timeouts, isolation: str = "REPEATABLE READ") -> None:
    """Set by ourselves, not by the role, what changes what is read. SET takes no snapshot; a SELECT would."""
    cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation} READ ONLY")
    settings = {
        "timezone": "'UTC'",
        "datestyle": "'ISO, MDY'",
        "intervalstyle": "'postgres'",
        "extra_float_digits": "1",
        "bytea_output": "'hex'",
        "xmlbinary": "'base64'",
        "synchronize_seqscans": "off",
        # A policy that would hide rows raises an error instead.
        "row_security": "off",
        "lock_timeout": f"{round(timeouts.lock_s * 1000)}",
        "statement_timeout": f"{round(timeouts.statement_s * 1000)}",
        "idle_in_transaction_session_timeout": f"{round(timeouts.idle_in_transaction_s * 1000)}",
    }
    for name, value in settings.items():
        cursor.execute(f"SET LOCAL {name} = {value}")


def _identify(cursor: Cursor) -> SnapshotIdentity:
    cursor.execute(_IDENTITY)
    xmin, xmax, taken_at, system_identifier, timeline = cursor.fetchone()
    return SnapshotIdentity(xmin, xmax, taken_at.astimezone(UTC), system_identifier, timeline)
