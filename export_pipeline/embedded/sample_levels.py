"""The log levels of the sample: the syslog words, and the ways in which real devices misspell them."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from export_pipeline.embedded.dirt import Rows

WORDS = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")  # by severity code
_ALIASES = {0: "emerg", 2: "crit", 3: "err", 4: "warn", 6: "informational"}
_INVALID = ("WRN!", "verbose", "")

# One long list of all spellings; a level is a place in it.
_MIXED = tuple(word.upper() for word in WORDS) + tuple(word.title() for word in WORDS)
_MIXED_ODD = tuple(word[0] + word[1:].upper() for word in WORDS)
_SPELLINGS = pa.array([*WORDS, *_MIXED, *_MIXED_ODD, *_ALIASES.values(), *_INVALID], pa.string())
_MIXED_START, _MIXED_FORMS = len(WORDS), 3
_ALIAS_START = _MIXED_START + _MIXED_FORMS * len(WORDS)
_INVALID_START = _ALIAS_START + len(_ALIASES)


def make_levels(
    rng: np.random.Generator, severities: npt.NDArray[np.int64], dirt: Mapping[str, Rows]
) -> tuple[pa.Array, dict[str, int]]:
    """Return the level of each row, dirty in the rows of `dirt`, and how many rows of each kind that made.

    An alias can only stand where the level has one; the other rows drawn for it keep the plain word.
    """
    places = severities.copy()
    mixed, invalid, null = dirt["mixed_case_levels"], dirt["invalid_levels"], dirt["null_levels"]
    places[mixed] += _MIXED_START + len(WORDS) * rng.integers(0, _MIXED_FORMS, mixed.size)
    places[invalid] = _INVALID_START + rng.integers(0, len(_INVALID), invalid.size)
    alias = dirt["alias_levels"]
    alias = alias[np.isin(severities[alias], list(_ALIASES))]
    places[alias] = _ALIAS_START + np.searchsorted(list(_ALIASES), severities[alias])
    is_null = np.zeros(places.size, dtype=np.bool_)
    is_null[null] = True
    counts = {kind: rows.size for kind, rows in dirt.items()} | {"alias_levels": alias.size}
    return _SPELLINGS.take(pa.array(places, mask=is_null)), counts
