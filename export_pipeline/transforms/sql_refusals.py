"""What is refused in a computed field before it is made: other rows, the clock, columns that are not there."""

import difflib
import re

from export_pipeline.errors import ConfigError
from export_pipeline.transforms.sql_nodes import Node, foreign_nodes

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_TEXT = re.compile(_QUOTED.pattern + r"|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_LIKE = re.compile(r"\bi?like\b|~~", re.IGNORECASE)
_CLOCK = re.compile(
    r"\b(now\s*\(|current_date\b|current_time\b|current_timestamp\b|localtime\b|localtimestamp\b)", re.IGNORECASE
)
_IS_TRUE = re.compile(r"\bis\s+(not\s+)?(true|false)\b", re.IGNORECASE)


def refuse_words(text: str) -> None:
    """Raise ConfigError for what gives the time at which it is computed, and for what Polars means otherwise than SQL.

    Polars takes `is true` for `= true`, which is NULL where SQL's is false.
    """
    _refuse_escapes(text)
    unquoted = _QUOTED.sub("''", text)
    if found := _IS_TRUE.search(unquoted):
        raise ConfigError(
            f"`{found[0]}` cannot be used; write coalesce(…, false) or coalesce(…, true) for what NULL is"
        )
    if found := _CLOCK.search(unquoted):
        raise ConfigError(
            f"{found[0].rstrip('( ')} is another at each export: the same rows would give other files. Write a fixed "
            "time, such as timestamp '2026-11-20 00:00:00'"
        )


def _refuse_escapes(text: str) -> None:
    """Raise ConfigError for a pattern of LIKE with a backslash, which Polars takes for the character itself."""
    end = 0
    for quoted in _TEXT.finditer(text):
        if "\\" in quoted[0] and _LIKE.search(text, end, quoted.start()):
            raise ConfigError(
                f"like {quoted[0]}: a backslash in a pattern of LIKE cannot be used in a computed field; use a filter, "
                "which knows it, or ~ with a regular expression"
            )
        end = quoted.end()


def refuse_foreign(tree: Node) -> None:
    """Raise ConfigError for what looks at other rows, and for what is not known to be of one row alone."""
    if foreign := sorted(set(foreign_nodes(tree))):
        raise ConfigError(
            f"{', '.join(foreign)} cannot stand in a computed field: each row's value must come from that row alone. "
            "Aggregates (sum, max, count …), window functions, unnest and names after AS cannot be used; "
            "docs/custom.md lists what can"
        )


def refuse_unknown(inputs: tuple[str, ...], known: list[str]) -> None:
    """Raise ConfigError for columns that are not there, with the nearest name."""
    if unknown := [name for name in inputs if name not in known]:
        near = difflib.get_close_matches(unknown[0], known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise ConfigError(f"there is no column {', '.join(unknown)}; {hint}")
