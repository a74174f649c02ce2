"""What a transform is: a frozen, versioned recipe that maps Arrow record batches to Arrow record batches.

One file a transform beside this one, one line each in `registry.py`. Which transforms a dataset uses, and with
which parameters, its own file in `datasets/` says. Running them is `flow.py`'s business.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

BatchFunction = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A small side table that a transform needs whole, read in the export's own snapshot.

    `table` is `schema.name` or `name` in the source; `columns` are read as text-safe Arrow columns in this order.
    """

    table: str
    columns: tuple[str, ...]


LookupReader = Callable[[Lookup], pa.Table]


@dataclass(frozen=True, slots=True)
class Input:
    """A column that another one is made of: of the batch, or of the side table `table`."""

    column: str
    table: str | None = None


Lineage = Mapping[str, tuple[Input, ...]]
"""What columns are made of, by name."""


class Transform(ABC):
    """Base of every transform: a frozen dataclass whose fields are its parameters.

    Without parameters a transform is the identity. `version` goes up whenever the same input gives another
    output, so that partitions published before count as out of date.
    """

    __slots__ = ()

    name: ClassVar[str]
    version: ClassVar[int] = 1

    @abstractmethod
    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema that `apply` gives for batches of `schema`. Raises: ConfigError for an unknown column."""

    @abstractmethod
    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` transformed: the same rows in the same order, in `output_schema(batch.schema)`."""

    def lineage(self) -> Lineage:
        """Return what each column is made of that does not come from the one of its name alone.

        The inputs are columns of the batch as it arrives. A transform that adds no column need not say anything.
        """
        return {}

    def lineage_over(self, schema: pa.Schema) -> Lineage:  # noqa: ARG002 - most know without
        """Return the lineage for batches of `schema`, where what a transform makes depends on that."""
        return self.lineage()

    def alters(self, columns: Iterable[str]) -> frozenset[str]:
        """Return which of the batch's `columns` come out with other values than they came in with.

        A time that becomes an instant stays the same moment. Who cannot tell says all of them.
        """
        return frozenset(columns)

    def prepare(self, read_lookup: LookupReader) -> BatchFunction:  # noqa: ARG002 - most need no lookup
        """Return the function to run on each batch; the place to read a `Lookup` once per export."""
        return self.apply
