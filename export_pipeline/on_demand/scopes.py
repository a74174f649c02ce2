"""Entries that are for one of several datasets: `logs: message`, or without the dataset and the colon, for all."""

import re
from collections.abc import Sequence
from typing import Final

from export_pipeline.errors import ConfigError

_NAME: Final = r'(?:[^\W\d]\w*|"(?:[^"]|"")+")'
_SCOPED: Final = re.compile(rf"\s*(?P<scope>{_NAME}(?:\.{_NAME})?)\s*:(?!:)(?P<entry>.*)", re.DOTALL)


def entries_for(name: str, entries: Sequence[str]) -> list[str]:
    """Return what is for the dataset or table `name`, and what is for all."""
    return [entry for scope, entry in map(_scoped, entries) if scope in {None, name}]


def bare_entries(entries: Sequence[str]) -> list[str]:
    """Return all of them, without the dataset or table that they are for."""
    return [entry for _, entry in map(_scoped, entries)]


def require_known_scopes(entries: Sequence[str], names: Sequence[str]) -> None:
    """Raise ConfigError for entries of a dataset that is not exported."""
    scopes = [scope for scope, _ in map(_scoped, entries)]
    if unknown := [scope for scope in scopes if scope is not None and scope not in names]:
        raise ConfigError(f"{', '.join(unknown)} is not exported; there is {', '.join(names) or 'nothing'}")


def _scoped(entry: str) -> tuple[str | None, str]:
    found = _SCOPED.fullmatch(entry)
    return (found["scope"], found["entry"].strip()) if found else (None, entry.strip())
