"""Names of tables as people write them, and as SQL wants them: always quoted, never pasted.

`schema.name` or `name`; a name that holds a dot or a capital is written in double quotes, as in SQL.
"""

import re
from dataclasses import dataclass

from psycopg.sql import Identifier

from export_pipeline.errors import ConfigError

_PART = r'(?:"(?:[^"]|"")+"|[^".]+)'
_PLAIN = re.compile(r'[^".\s]+')
_TABLE = re.compile(rf"(?:(?P<schema>{_PART})\.)?(?P<name>{_PART})")


@dataclass(frozen=True, slots=True)
class TableName:
    """A table, view or partitioned parent; without `schema` the server's search_path decides."""

    name: str
    schema: str | None = None

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """Read `schema.name` or `name`. Raises: ConfigError for anything else."""
        found = _TABLE.fullmatch(text.strip())
        if found is None:
            raise ConfigError(f'table name {text!r} is not `name` or `schema.name`; quote odd parts: "my.table"')
        return cls(name=_unquote(found["name"]), schema=_unquote(found["schema"]) if found["schema"] else None)

    @property
    def quoted(self) -> str:
        """The name as a quoted SQL identifier."""
        return quote(self.schema, self.name) if self.schema else quote(self.name)

    @property
    def written(self) -> str:
        """The name as people write it, and `parse` reads it: odd parts in double quotes."""
        parts = (self.schema, self.name) if self.schema else (self.name,)
        return ".".join(part if _PLAIN.fullmatch(part) else quote(part) for part in parts)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def quote(*parts: str) -> str:
    """Return `parts` as one quoted, dotted SQL identifier."""
    return Identifier(*parts).as_string(None)


def _unquote(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part
