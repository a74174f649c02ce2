"""Adds rows of any moment to filled source tables, made by the makers of the sample.

Ids follow those that are there, and what refers to another row finds it. When what is added: `live_writer`.
"""

from datetime import date, datetime

import numpy as np
import psycopg
import pyarrow as pa

from export_pipeline.embedded.bulk_copy import copy_rows
from export_pipeline.embedded.daily_curve import DailyCurve, Micros
from export_pipeline.embedded.sample_addresses import draw_addresses, make_addresses
from export_pipeline.embedded.sample_anomalies import AnomalyMaker
from export_pipeline.embedded.sample_logs import LogMaker
from export_pipeline.embedded.text_gaps import GapFiller

_SOME_HOST = "192.0.2.1"  # what the log texts mention when there are no addresses (RFC 5737)

_DEVICES = "SELECT id, name, ip_address FROM devices ORDER BY id"
_HOSTS = "SELECT host(address) FROM ip_addresses LIMIT 1000"
_NEWEST_LOG = "SELECT coalesce(max(id), 0) FROM log_entries"
_NEW_ADDRESSES = """
SELECT drawn::text FROM unnest(%s::inet[]) drawn WHERE NOT EXISTS (SELECT FROM ip_addresses WHERE address = drawn)
"""


class EmptyTableError(Exception):
    """The tables hold nothing that new rows could belong to."""


class LiveRows:
    """Makes rows for the devices that the tables hold when it is made; the same `rng` draws the same values."""

    def __init__(self, connection: psycopg.Connection, rng: np.random.Generator) -> None:
        self._rng = rng
        devices = connection.execute(_DEVICES).fetchall()
        if not devices:
            raise EmptyTableError("the table devices is empty: no row can come from anywhere")
        ids, names, addresses = zip(*devices, strict=True)
        self._devices = pa.table(
            {"id": pa.array(ids, pa.int32()), "name": pa.array(names), "ip_address": pa.array(addresses)}
        )
        hosts = [host for (host,) in connection.execute(_HOSTS)]
        self._filler = GapFiller(rng, hosts or [_SOME_HOST])

    def add_logs(self, connection: psycopg.Connection, day: date, moments: Micros) -> pa.Table:
        """Insert a log entry for each of `moments`, ascending, and return them; none is before `day` begins."""
        curve = DailyCurve(day, 1)
        maker = LogMaker(self._rng, curve, self._devices, self._filler)
        rows = maker.make_at(newest_log(connection), np.maximum(moments, curve.start_us))
        copy_rows(connection, "log_entries", rows)
        return rows

    def add_anomalies(self, connection: psycopg.Connection, day: date, logs: pa.Table) -> int:
        """Insert an anomaly found in each of `logs`, which are of that day; return how many."""
        if len(logs):
            rows = AnomalyMaker(self._rng, DailyCurve(day, 1)).make_chunk(0, logs)
            copy_rows(connection, "anomaly_records", rows.drop_columns("id"))  # the table's sequence gives one
        return len(logs)

    def add_addresses(self, connection: psycopg.Connection, seen: datetime, address_count: int) -> int:
        """Insert addresses first seen at `seen`; return how many, since one that is there already is left out."""
        drawn = draw_addresses(self._rng, address_count)
        new = [address for (address,) in connection.execute(_NEW_ADDRESSES, [drawn])]
        if new:
            rows = make_addresses(self._rng, DailyCurve(seen.date(), 1), new)
            times = pa.array([seen] * len(new), pa.timestamp("us", "UTC"))
            for name in ("first_seen", "last_seen"):
                rows = rows.set_column(rows.column_names.index(name), name, times)
            copy_rows(connection, "ip_addresses", rows)
        return len(new)


def newest_log(connection: psycopg.Connection) -> int:
    """Return the largest id of a log entry; 0 where there is none."""
    ((newest,),) = connection.execute(_NEWEST_LOG).fetchall()
    return int(newest)
