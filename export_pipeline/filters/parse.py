"""Filters as people write them: `severity <= 3 and (message ilike '%timeout%' or tags is null)`.

The grammar is in docs/filters.md. Text is only read here, never run; what a value means is decided when the type of
its column is known (`values.py`).
"""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from export_pipeline.errors import ConfigError
from export_pipeline.filters.condition import KEYWORDS, Condition, Filter, Operator, all_of, any_of

MAX_DEPTH: Final = 50
"""How deep parentheses may stand in one another."""

_BLANKS = re.compile(r"\s*")
_NAME = re.compile(r'(?P<plain>[^\W\d]\w*)|"(?P<quoted>(?:[^"]|"")+)"')
_SOURCE = re.compile(r"source\s*\.(?=\s*[^\s\d])", re.IGNORECASE)
_KEY = re.compile(
    r"\.\s*(?:(?P<plain>\w+)|\"(?P<named>(?:[^\"]|\"\")+)\")"
    r"|->>?\s*(?:'(?P<key>(?:[^']|'')*)'|(?P<index>-?[0-9]+))"
    r"|\[\s*(?P<place>-?[0-9]+)\s*\]"
)
_SIGN = re.compile(r"<=|>=|<>|!=|[=<>≠≤≥]")
_VALUE = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<plain>[^\s'\"(),;<>=!≠≤≥]+)")
_SIGNS: Final = {"<>": Operator.NE, "≠": Operator.NE, "≤": Operator.LE, "≥": Operator.GE}

_WORDED: Final = [operator for operator in Operator if operator[0].isalpha()]

_EXCERPT: Final = 60
_OPERATORS: Final = "one of = != < <= > >= in, not in, like, ilike, between, is null, is not null"


def parse_filter(text: str) -> Filter:
    """Read one filter. Raises: ConfigError, with the place and what was expected there."""
    scanner = _Scanner(text)
    found = _read_any(scanner, 0)
    if not scanner.is_done():
        scanner.fail("`and`, `or` or the end (a value with blanks stands in single quotes)")
    return found


@dataclass(slots=True)
class _Scanner:
    """A text and how far it is read."""

    text: str
    at: int = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over blanks and over `pattern`, if it is what comes."""
        self._skip_blanks()
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found

    def take_char(self, char: str) -> bool:
        self._skip_blanks()
        found = self.text.startswith(char, self.at)
        self.at += len(char) if found else 0
        return found

    def take_word(self, *words: str) -> bool:
        """Step over `words` in any case, if all of them come."""
        before = self.at
        for word in words:
            found = self.take(_WORD)
            if found is None or found[0].lower() != word:
                self.at = before
                return False
        return True

    def is_done(self) -> bool:
        self._skip_blanks()
        return self.at == len(self.text)

    def fail(self, expected: str) -> NoReturn:
        self._skip_blanks()
        start, end = max(0, self.at - _EXCERPT), self.at + _EXCERPT
        excerpt = ("…" if start else "") + self.text[start:end] + ("…" if end < len(self.text) else "")
        found = repr(self.text[self.at : self.at + 20]) if self.at < len(self.text) else "the end"
        raise ConfigError(f"filter {excerpt!r}: at character {self.at + 1} expected {expected}, found {found}")

    def _skip_blanks(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks else self.at


_WORD = re.compile(r"[^\W\d]+\b")


def _read_any(scanner: _Scanner, depth: int) -> Filter:
    parts = [_read_all(scanner, depth)]
    while scanner.take_word("or"):
        parts.append(_read_all(scanner, depth))
    return any_of(parts) or parts[0]


def _read_all(scanner: _Scanner, depth: int) -> Filter:
    parts = [_read_one(scanner, depth)]
    while scanner.take_word("and"):
        parts.append(_read_one(scanner, depth))
    return all_of(parts) or parts[0]


def _read_one(scanner: _Scanner, depth: int) -> Filter:
    if not scanner.take_char("("):
        return _read_condition(scanner)
    if depth == MAX_DEPTH:
        scanner.fail(f"no more than {MAX_DEPTH} parentheses in one another")
    inner = _read_any(scanner, depth + 1)
    if not scanner.take_char(")"):
        scanner.fail("`and`, `or` or `)`")
    return inner


def _read_condition(scanner: _Scanner) -> Condition:
    of_source = scanner.take(_SOURCE) is not None
    name = scanner.take(_NAME)
    if name is None or (name["plain"] or "").lower() in KEYWORDS:
        scanner.at = name.start() if name else scanner.at
        scanner.fail('a column (an odd name stands in double quotes: "my column")')
    column = name["plain"] or name["quoted"].replace('""', '"')
    path: list[str] = []
    while key := scanner.take(_KEY):
        path.append(_key(key))
    operator = _read_operator(scanner)
    return Condition(column, operator, _read_values(scanner, operator), tuple(path), of_source)


def _key(found: re.Match[str]) -> str:
    if found["key"] is not None:
        return found["key"].replace("''", "'")
    return found["plain"] or found["index"] or found["place"] or found["named"].replace('""', '"')


def _read_operator(scanner: _Scanner) -> Operator:
    if sign := scanner.take(_SIGN):
        return _SIGNS.get(sign[0]) or Operator(sign[0])
    for operator in _WORDED:
        if scanner.take_word(*operator.split()):
            return operator
    return scanner.fail(_OPERATORS)


def _read_values(scanner: _Scanner, operator: Operator) -> tuple[str, ...]:
    if operator in {Operator.IS_NULL, Operator.IS_NOT_NULL}:
        return ()
    if operator in {Operator.IN, Operator.NOT_IN}:
        return _read_list(scanner)
    first = _read_value(scanner)
    if operator is not Operator.BETWEEN:
        return (first,)
    if not scanner.take_word("and"):
        scanner.fail("`and` and the upper bound")
    return first, _read_value(scanner)


def _read_list(scanner: _Scanner) -> tuple[str, ...]:
    if not scanner.take_char("("):
        scanner.fail("`(` and a list of values")
    values = [_read_value(scanner)]
    while scanner.take_char(","):
        values.append(_read_value(scanner))
    if not scanner.take_char(")"):
        scanner.fail("`,` or `)`")
    return tuple(values)


def _read_value(scanner: _Scanner) -> str:
    found = scanner.take(_VALUE)
    if found is None:
        scanner.fail("a value (text with blanks or signs stands in single quotes: 'it''s')")
    if found["quoted"] is not None:
        return found["quoted"].replace("''", "'")
    if found["plain"].lower() in KEYWORDS:
        scanner.at = found.start()
        null = "; ask for NULL with `is null` or `is not null`" if found["plain"].lower() == "null" else ""
        scanner.fail(f"a value (the word itself stands in single quotes){null}")
    return found["plain"]
