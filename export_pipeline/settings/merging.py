"""Joins nested mappings of settings, and says where that hides a value."""

from collections.abc import Mapping

Location = tuple[str, ...]
"""The path of a setting: `("datasets", "logs", "table")`."""


def merge(below: dict[str, object], above: Mapping[str, object], within: Location = ()) -> list[Location]:
    """Lay `above` over `below`. Return where a mapping has replaced a value that is none."""
    replaced = []
    for name, value in above.items():
        if isinstance(value, Mapping):
            under, location = below.get(name), (*within, name)
            if not isinstance(under, Mapping) and under not in (None, ""):
                replaced.append(location)
            both = dict(under) if isinstance(under, Mapping) else {}
            replaced += merge(both, value, location)
            below[name] = both
        else:
            below[name] = value
    return replaced
