"""What stands at a path in JSON text, as PostgreSQL's `#>>` gives it: a string without its quotes, else the text as is.

Nothing there, JSON's null and text that is no JSON give None. So do a string with half of a surrogate pair, which no
text can hold, and a document nested deeper than Python's own limit.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_STRING: Final = msgspec.json.Decoder(str)
_INDEX: Final = re.compile(r"\s*[+-]?[0-9]{1,9}", re.ASCII)
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_NO_CHARACTER: Final = "\ufdd0"


def raw_at(document: str, path: Sequence[str]) -> str | None:
    """Return the JSON at `path`, whose elements are members' names or places of items, from the end where below 0."""
    try:
        return _descend(document, path)
    except msgspec.MsgspecError:
        pass
    except RecursionError:
        return None
    # msgspec refuses a whole document for one half of a surrogate pair, which PostgreSQL's `json` takes.
    try:
        return _descend(_ESCAPE.sub(_whole_characters, document), path)
    except (msgspec.MsgspecError, RecursionError):
        return None


def text_of(raw: str | None) -> str | None:
    """Return the text of a value that `raw_at` gave."""
    if raw is None or raw == "null":
        return None
    if not raw.startswith('"'):
        return raw
    text = _STRING.decode(raw)
    return None if _NO_CHARACTER in text else text


def _descend(document: str, path: Sequence[str]) -> str | None:
    node = document.strip(" \t\r\n").encode()
    for key in path:
        found: msgspec.Raw | None = None
        if node.startswith(b"{"):
            found = _MEMBERS.decode(node).get(key)
        elif node.startswith(b"[") and _INDEX.fullmatch(key):
            items, place = _ITEMS.decode(node), int(key)
            found = items[place] if -len(items) <= place < len(items) else None
        if found is None:
            return None
        node = bytes(found)
    return node.decode()


def _whole_characters(escape: re.Match[str]) -> str:
    return r"\ufdd0" if escape["half"] else escape[0]
