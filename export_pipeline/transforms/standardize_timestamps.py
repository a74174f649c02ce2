"""Timestamps of any unit and zone become instants: microseconds in UTC.

In UTC the numbers stay what they are, so the cast copies nothing. Other zones are read by Arrow's own
kernel, which never makes a Python datetime: years past 9999 are fine.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.errors import ConfigError, TransformError
from export_pipeline.transforms.columns import find_field, rebuild_batch, replace_field
from export_pipeline.transforms.transform import Transform

NAIVE = pa.timestamp("us")
INSTANT = pa.timestamp("us", "UTC")

# Arrow subtracts a zone's offset without looking for overflow: nearer to the ends of int64 it would wrap
# around.
_LAST_ZONED_US = 2**63 - 1 - 2 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class StandardizeTimestamps(Transform):
    """Make `columns` timestamp('us', 'UTC'), in place.

    Naive values are read in `zone`, an IANA name or an offset like +02:00. A time that `zone` has twice is
    the later instant, as PostgreSQL's AT TIME ZONE reads it (manual, B.1); one that it skips is the last
    instant before the gap. Values with a zone of their own keep their instant.
    """

    name: ClassVar[str] = "standardize_timestamps"

    columns: tuple[str, ...] = ()
    zone: str = "UTC"

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` with `columns` as timestamp('us', 'UTC').

        Raises: ConfigError for an unknown column, one that is no timestamp, or an unknown zone.
        """
        if self.columns:
            self._check_zone()
        for column in self.columns:
            field = find_field(self.name, schema, column, pa.types.is_timestamp, "a timestamp")
            schema = replace_field(schema, field.with_type(INSTANT))
        return schema

    def alters(self, columns: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - the base's argument
        """Return that every time stays the same moment."""
        return frozenset()

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` with instants in `columns`.

        Raises: TransformError for a value that microseconds since 1970 cannot hold exactly.
        """
        schema = self.output_schema(batch.schema)
        instants = {column: self._standardize(column, batch.column(column)) for column in self.columns}
        return rebuild_batch(batch, schema, instants)

    def _check_zone(self) -> None:
        try:
            pc.assume_timezone(pa.array([0], NAIVE), self.zone)
        except pa.ArrowInvalid as exc:
            raise ConfigError(
                f"transform {self.name}: unknown time zone {self.zone!r}; use an IANA name such as "
                "Europe/Berlin, or an offset such as +02:00."
            ) from exc

    def _standardize(self, column: str, times: pa.Array) -> pa.Array:
        try:
            if times.type.tz is not None or self.zone == "UTC":
                return times.cast(INSTANT)
            return _read_in_zone(times.cast(NAIVE), self.zone)
        except pa.ArrowInvalid as exc:
            raise TransformError(
                f"transform {self.name}: column {column!r} ({times.type}) has a time that microseconds in "
                f"UTC cannot hold exactly: {exc}. Leave the column out, or round it in the source."
            ) from exc


def _read_in_zone(times: pa.Array, zone: str) -> pa.Array:
    ends = pc.min_max(times.cast(pa.int64()))
    if times.null_count < len(times) and max(-ends["min"].as_py(), ends["max"].as_py()) > _LAST_ZONED_US:
        raise pa.ArrowInvalid(f"it lies too near the end of the 64-bit range to be read in {zone}")
    return pc.assume_timezone(times, zone, ambiguous="latest", nonexistent="earliest").cast(INSTANT)
