"""An address column gets beside it what an analyst asks of it: its version, and whether it is private."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import ClassVar

import pyarrow as pa

from export_pipeline.transforms.columns import append_fields, find_field, rebuild_batch
from export_pipeline.transforms.transform import Input, Lineage, Transform

# RFC 1123, 2.1, with the underscore of real networks and the letters of internationalized names. The last
# label is not all digits: `10.0.0.256` is a broken address, not a host.
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?|_[\w-]{0,62}"
_HOST = re.compile(rf"(?:(?:{_LABEL})\.)*(?![0-9]+$)(?:{_LABEL})")
_MAX_HOST_LENGTH = 253

Address = IPv4Address | IPv6Address  # an interface is an address with a prefix


@dataclass(frozen=True, slots=True)
class NormalizeAddress(Transform):
    """Append `version_output` (int8, 4 or 6), `private_output` (bool) and, if named, `host_output` (string).

    The column keeps its text. A prefix (`10.0.0.0/24`) is private if all of
    it is. `host_output` holds the host name, in lower case and without the root's dot, where the value is
    no address but could be a host. What is neither is NULL in all of them. Private is what Python's
    `ipaddress` calls so (IANA's special-purpose registries).
    """

    name: ClassVar[str] = "normalize_address"

    column: str | None = None
    version_output: str = "ip_version"
    private_output: str = "is_private"
    host_output: str | None = None

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` with the new columns at its end.

        Raises: ConfigError for an unknown column, one that is no string, or a clash of names.
        """
        if self.column is None:
            return schema
        find_field(self.name, schema, self.column, pa.types.is_string, "a string")
        fields = [pa.field(self.version_output, pa.int8()), pa.field(self.private_output, pa.bool_())]
        if self.host_output is not None:
            fields.append(pa.field(self.host_output, pa.string()))
        return append_fields(self.name, schema, fields)

    def lineage(self) -> Lineage:
        """Return that every output is made of `column`."""
        if self.column is None:
            return {}
        outputs = (self.version_output, self.private_output, self.host_output)
        return {output: (Input(self.column),) for output in outputs if output is not None}

    def alters(self, columns: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - the base's argument
        """Return nothing: the column keeps its text."""
        return frozenset()

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` with the new columns."""
        if self.column is None:
            return batch
        schema = self.output_schema(batch.schema)
        # Few devices write many rows: each distinct text is judged once.
        encoded = batch.column(self.column).dictionary_encode()
        texts = [text.strip() for text in encoded.dictionary.to_pylist()]
        addresses = [_parse_address(text) for text in texts]
        distinct = {
            self.version_output: pa.array([address and address.version for address in addresses], pa.int8()),
            self.private_output: pa.array([_is_private(address) for address in addresses], pa.bool_()),
        }
        if self.host_output is not None:
            hosts = [None if address else _parse_host(text) for text, address in zip(texts, addresses, strict=True)]
            distinct[self.host_output] = pa.array(hosts, pa.string())
        arrays = {name: array.take(encoded.indices) for name, array in distinct.items()}
        return rebuild_batch(batch, schema, arrays)


def _parse_address(text: str) -> Address | None:
    try:
        return ip_interface(text) if "/" in text else ip_address(text)
    except ValueError:
        return None


def _is_private(address: Address | None) -> bool | None:
    # An interface inherits its address's answer, which says nothing about the rest of the prefix.
    if isinstance(address, IPv4Interface | IPv6Interface):
        return address.network.is_private
    return None if address is None else address.is_private


def _parse_host(text: str) -> str | None:
    host = text.removesuffix(".").lower()
    return host if len(host) <= _MAX_HOST_LENGTH and _HOST.fullmatch(host) else None
