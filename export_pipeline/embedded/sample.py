"""Fill the source tables with generated rows: the same seed and last day give the same rows, anywhere.

Everything is loaded in one transaction, so a fill that is cut short leaves nothing. The rows of each table
are made by `sample_devices`, `sample_logs`, `sample_anomalies` and `sample_addresses`; how much of them is
dirty, and how, says `dirt`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
from psycopg import sql

from export_pipeline.embedded.bulk_copy import copy_rows
from export_pipeline.embedded.daily_curve import DailyCurve
from export_pipeline.embedded.dirt import DirtCounts
from export_pipeline.embedded.sample_addresses import draw_addresses, make_addresses
from export_pipeline.embedded.sample_anomalies import AnomalyMaker
from export_pipeline.embedded.sample_devices import make_devices
from export_pipeline.embedded.sample_logs import LogMaker
from export_pipeline.embedded.source_tables import SOURCE_TABLES, create_tables
from export_pipeline.embedded.text_gaps import GapFiller
from export_pipeline.errors import ConfigError

__all__ = ["DirtCounts", "SampleSize", "create_tables", "fill", "holds_rows"]

OnProgress = Callable[[str, int], None]

_CHUNK_ROWS = 50_000
_SOME_HOST = "192.0.2.1"  # what the log texts mention when the sample has no addresses (RFC 5737)


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many rows of each table, over how many days; `seed` decides everything that is drawn.

    Raises: ConfigError for a negative number, and for rows that would refer to rows that are not there.
    """

    logs: int = 200_000
    anomalies: int = 5_000
    addresses: int = 2_000
    devices: int = 40
    days: int = 7
    seed: int = 20_24

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise ConfigError(f"sample size: {field.name} is {getattr(self, field.name)}; 0 is the least")
        if self.days == 0 or (self.logs and not self.devices) or (self.anomalies and not self.logs):
            raise ConfigError(
                f"{self}: logs need at least one device, anomalies at least one log, and everything a day"
            )


def fill(url: str, size: SampleSize, last_day: date, on_progress: OnProgress | None = None) -> DirtCounts:
    """Fill the empty source tables at `url`; return how many rows of each kind of dirt it made.

    Rows spread over `size.days` UTC days that end with `last_day`. `on_progress` gets a table's name and the
    number of its rows loaded so far. Raises: ConfigError when the tables hold rows already.
    """
    report = on_progress or _ignore
    curve = DailyCurve(last_day, size.days)
    devices = make_devices(size.devices, datetime.fromtimestamp(curve.start_us // 1_000_000, UTC).replace(tzinfo=None))
    address_rng, log_rng, anomaly_rng = (np.random.default_rng([size.seed, table]) for table in range(3))
    addresses = draw_addresses(address_rng, size.addresses)
    hosts = [address for address in addresses if "/" not in address]
    log_maker = LogMaker(log_rng, curve, devices, GapFiller(log_rng, hosts or [_SOME_HOST]))
    anomaly_maker = AnomalyMaker(anomaly_rng, curve)
    with psycopg.connect(url) as connection:
        _refuse_rows(connection)
        _load(connection, "devices", [devices], report)
        _load(connection, "log_entries", _make_logs(log_maker, size.logs), report)
        _load(connection, "anomaly_records", _make_anomalies(connection, anomaly_maker, size), report)
        _load(connection, "ip_addresses", [make_addresses(address_rng, curve, addresses)], report)
        _finish(connection)
    return DirtCounts(**{field.name: (log_maker.dirt + anomaly_maker.dirt)[field.name] for field in fields(DirtCounts)})


def holds_rows(url: str) -> bool:
    """Tell whether any of the source tables at `url`, which must be there, holds a row."""
    with psycopg.connect(url) as connection:
        return any(_has_row(connection, table) for table in SOURCE_TABLES)


def _has_row(connection: psycopg.Connection, table: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
    return connection.execute(query).fetchone() is not None


def _refuse_rows(connection: psycopg.Connection) -> None:
    """Never mix a sample with rows that may be somebody's own."""
    for table in SOURCE_TABLES:
        if _has_row(connection, table):
            raise ConfigError(f"table {table} of database {connection.info.dbname} holds rows; fill an empty database")


def _load(connection: psycopg.Connection, table: str, chunks: Iterable[pa.Table], report: OnProgress) -> None:
    loaded = 0
    for chunk in chunks:
        copy_rows(connection, table, chunk)
        loaded += len(chunk)
        report(table, loaded)


def _make_logs(maker: LogMaker, total: int) -> Iterator[pa.Table]:
    for first in range(0, total, _CHUNK_ROWS):
        yield maker.make_chunk(first, min(_CHUNK_ROWS, total - first), total)


def _make_anomalies(connection: psycopg.Connection, maker: AnomalyMaker, size: SampleSize) -> Iterator[pa.Table]:
    """Spread the anomalies evenly over the log entries loaded before."""
    for first in range(0, size.anomalies, _CHUNK_ROWS):
        numbers = np.arange(first, min(first + _CHUNK_ROWS, size.anomalies))
        yield maker.make_chunk(first, _read_logs(connection, 1 + numbers * size.logs // size.anomalies))


def _read_logs(connection: psycopg.Connection, ids: npt.NDArray[np.int64]) -> pa.Table:
    """Return what an anomaly shares with its log entry, a row for each of `ids`, in that order."""
    query = """
        SELECT l.id, l.device_id, l.timestamp
        FROM unnest(%s::integer[]) WITH ORDINALITY AS wanted (id, place) JOIN log_entries l USING (id)
        ORDER BY place
    """
    ids_, devices, moments = zip(*connection.execute(query, [ids.tolist()]), strict=True)
    return pa.table(
        {
            "id": pa.array(ids_, pa.int32()),
            "device_id": pa.array(devices, pa.int32()),
            "timestamp": pa.array(moments, pa.timestamp("us")),
        }
    )


def _finish(connection: psycopg.Connection) -> None:
    """Let new rows get ids after ours, and the planner know the tables."""
    connection.execute("SELECT setval(pg_get_serial_sequence('anomaly_records', 'id'), max(id)) FROM anomaly_records")
    for table in SOURCE_TABLES:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _ignore(_table: str, _rows: int) -> None:
    """Report progress to nobody."""
