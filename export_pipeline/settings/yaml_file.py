"""Reads a YAML file of settings. No message quotes the file: what cannot be read may be a password."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import yaml

_UNCAUGHT: Final = (ValueError, LookupError, AttributeError)
"""What PyYAML's constructors let through: for a 30 February, `!!bool x`, `!!timestamp x`."""


class UnreadableYamlError(Exception):
    """The file is no YAML mapping; the message says in which line."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses what YAML itself takes without a word: the same key twice."""

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        """Look before merges (`<<: *base`) are resolved: a key may well be there and in what is merged."""
        node = super().compose_mapping_node(anchor)
        keys = [(key.tag, key.value) for key, _ in node.value]
        for number, (key, _) in enumerate(node.value):
            if keys[number] in keys[:number]:
                raise yaml.MarkedYAMLError(problem_mark=key.start_mark, note="the key is there twice")
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:  # noqa: FBT001, FBT002 - PyYAML's signature
        with suppress(*_UNCAUGHT):
            return super().construct_object(node, deep)
        note = "the value is none of its kind, such as a day that no calendar has"
        raise yaml.MarkedYAMLError(problem_mark=node.start_mark, note=note)


def read_yaml(path: Path) -> Mapping[str, object]:
    """Return the file's mapping; an empty file has none. Raises: UnreadableYamlError, OSError, UnicodeDecodeError."""
    text = path.read_text(encoding="utf-8")
    try:
        content = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        said = _said(error)
    else:
        if content is None:
            return {}
        if isinstance(content, dict) and all(isinstance(key, str) for key in content):
            return content
        said = ": it is no mapping of settings; write `root: /srv/exports` and so on"
    raise UnreadableYamlError(f"{path}{said}")  # outside of `except`: PyYAML's error quotes the file


def _said(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    note = getattr(error, "note", None) or "it is no YAML here; put a value with odd characters into quotes"
    return f"{line}: {note}"
