"""Log levels become the eight words of syslog, with their numbers beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from export_pipeline.transforms.columns import append_fields, find_field, rebuild_batch
from export_pipeline.transforms.transform import Input, Lineage, Transform

# RFC 5424, 6.2.1: a word's position is its severity.
LEVELS = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")

# The short keywords of syslog.conf(5), RFC 5424's "Informational", and Windows' "Information". Words whose
# severity is a matter of taste (FATAL, TRACE, SEVERE) are left alone: a guess would be a silent change.
ALIASES = {
    "EMERG": "EMERGENCY",
    "PANIC": "EMERGENCY",
    "CRIT": "CRITICAL",
    "ERR": "ERROR",
    "WARN": "WARNING",
    "INFORMATIONAL": "INFO",
    "INFORMATION": "INFO",
}

_SPELLINGS = pa.array([*LEVELS, *ALIASES], pa.string())
_SEVERITIES = pa.array([*range(len(LEVELS)), *map(LEVELS.index, ALIASES.values())], pa.int8())
_WORDS = pa.array(LEVELS, pa.string())


@dataclass(frozen=True, slots=True)
class CanonicalizeLevel(Transform):
    """Make `column` one of `LEVELS`, in place, and append its number 0 to 7 as `severity` (int8).

    Case and surrounding white space do not count, `ALIASES` are resolved. An unknown word stays as it is,
    with NULL for its severity.
    """

    name: ClassVar[str] = "canonicalize_level"

    column: str | None = None
    severity: str = "syslog_severity"

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """Return `schema` with `severity` (int8) at its end.

        Raises: ConfigError for an unknown column, one that is no string, or a clash of names.
        """
        if self.column is None:
            return schema
        find_field(self.name, schema, self.column, pa.types.is_string, "a string")
        return append_fields(self.name, schema, [pa.field(self.severity, pa.int8())])

    def lineage(self) -> Lineage:
        """Return that `severity` is made of `column`."""
        return {} if self.column is None else {self.severity: (Input(self.column),)}

    def alters(self, columns: Iterable[str]) -> frozenset[str]:
        """Return `column`."""
        return frozenset(columns) & {self.column}

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch` with canonical words and their severities."""
        if self.column is None:
            return batch
        schema = self.output_schema(batch.schema)
        words, severities = _canonicalize(batch.column(self.column))
        return rebuild_batch(batch, schema, {self.column: words, self.severity: severities})


def _canonicalize(levels: pa.Array) -> tuple[pa.Array, pa.Array]:
    # A log has a handful of distinct words: the work is done on those, and taken to the rows.
    encoded = levels.dictionary_encode()
    spelled = pc.ascii_upper(pc.utf8_trim_whitespace(encoded.dictionary))
    severities = _SEVERITIES.take(pc.index_in(spelled, _SPELLINGS))
    words = pc.coalesce(_WORDS.take(severities), encoded.dictionary)
    return words.take(encoded.indices), severities.take(encoded.indices)
