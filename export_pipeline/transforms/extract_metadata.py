"""What a log line says about itself becomes columns: its syslog header, the addresses it mentions.

How a header is read: `syslog_header.py`. What counts as a mention: `mentioned_addresses.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from export_pipeline.transforms.columns import append_fields, find_field, rebuild_batch
from export_pipeline.transforms.mentioned_addresses import ADDRESSES_TYPE, find_addresses
from export_pipeline.transforms.syslog_header import HEADER_FIELDS, read_headers
from export_pipeline.transforms.transform import Input, Lineage, Transform

_ADDRESSES = pa.field("mentioned_addresses", ADDRESSES_TYPE)


@dataclass(frozen=True, slots=True)
class ExtractMetadata(Transform):
    """Append the syslog header of `raw_column` and the addresses mentioned in `message_column`.

    From `raw_column`: pri_facility and pri_severity (int8), syslog_host, syslog_program (string),
    syslog_pid (int32). From `message_column`: mentioned_addresses (list<string>). A column that is None
    gives nothing.
    """

    name: ClassVar[str] = "extract_metadata"

    raw_column: str | None = None
    message_column: str | None = None

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` with the new columns at its end, the header's first.

        Raises: ConfigError for an unknown column, one that is no string, or a clash of names.
        """
        fields: list[pa.Field] = []
        if self.raw_column is not None:
            find_field(self.name, schema, self.raw_column, pa.types.is_string, "a string")
            fields += HEADER_FIELDS
        if self.message_column is not None:
            find_field(self.name, schema, self.message_column, pa.types.is_string, "a string")
            fields.append(_ADDRESSES)
        return append_fields(self.name, schema, fields)

    def lineage(self) -> Lineage:
        """Return that the header is made of `raw_column`, the addresses of `message_column`."""
        made: dict[str, tuple[Input, ...]] = {}
        if self.raw_column is not None:
            made |= {field.name: (Input(self.raw_column),) for field in HEADER_FIELDS}
        if self.message_column is not None:
            made[_ADDRESSES.name] = (Input(self.message_column),)
        return made

    def alters(self, columns: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - the base's argument
        """Return nothing: columns are only appended."""
        return frozenset()

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` with the new columns."""
        schema = self.output_schema(batch.schema)
        arrays: dict[str, pa.Array] = {}
        if self.raw_column is not None:
            headers = read_headers(batch.column(self.raw_column))
            arrays |= {field.name: array for field, array in zip(HEADER_FIELDS, headers, strict=True)}
        if self.message_column is not None:
            arrays[_ADDRESSES.name] = find_addresses(batch.column(self.message_column))
        return rebuild_batch(batch, schema, arrays)
