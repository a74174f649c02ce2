"""LIKE on Arrow text: `%` stands for any text, `_` for one character, a backslash takes the next one literally."""

import re
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

MAX_PATTERN: Final = 10_000
"""Characters; the engine of regular expressions refuses some patterns beyond 10,000."""


def like(texts: pa.Array, pattern: str) -> pa.BooleanArray:
    """Say which of `texts` match all of `pattern`; NULL for NULL."""
    parts = list(_parts(pattern))
    literal = "".join(text for is_literal, text in parts if is_literal)
    shape = "".join("x" if is_literal else sign for is_literal, sign in parts)
    plain = {"": pc.equal, "x": pc.equal, "x%": pc.starts_with, "%x": pc.ends_with, "%x%": pc.match_substring}
    if shape in {"", "x"}:
        return pc.equal(texts, pa.scalar(literal, texts.type))
    if shape in plain:
        return plain[shape](texts, literal)
    signs = {"%": ".*", "_": "."}
    expression = "".join(re.escape(text) if is_literal else signs[text] for is_literal, text in parts)
    return pc.match_substring_regex(texts, rf"(?s)\A{expression}\z")


def ilike(texts: pa.Array, pattern: str) -> pa.BooleanArray:
    """Say which of `texts` match all of `pattern`, both in lower case as Unicode has it, character by character."""
    (lowered,) = pc.utf8_lower(pa.array([pattern], pa.string())).to_pylist()
    return like(pc.utf8_lower(texts), lowered)


def complaint(pattern: str) -> str | None:
    """Return what is wrong with `pattern`, in words that continue "value 'abc' ".."""
    if len(pattern) > MAX_PATTERN:
        return f"is longer than {MAX_PATTERN} characters"
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        return "ends in a backslash, which has no character to take literally; write two"
    return None


def _parts(pattern: str) -> Iterator[tuple[bool, str]]:
    """Yield runs of literal text (true), and the signs `%` and `_` (false)."""
    literal = ""
    for token in re.findall(r"\\.|[^\\]", pattern, re.DOTALL):
        if token in {"%", "_"}:
            if literal:
                yield True, literal
            literal = ""
            yield False, token
        else:
            literal += token[-1]
    if literal:
        yield True, literal
