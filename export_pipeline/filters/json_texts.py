"""How values out of JSON compare: numbers with numbers by value, everything else as text."""

import operator
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from export_pipeline.filters.json_path import raw_at, text_of
from export_pipeline.filters.values import as_number

Test = Callable[[Any, Any], bool]  # Any: two numbers, or two texts


@dataclass(frozen=True, slots=True)
class JsonTexts:
    """What stands at a path of some documents: its text, and its number where it is one."""

    texts: list[str | None]
    numbers: list[Decimal | None]

    @classmethod
    def at(cls, documents: Sequence[str], path: Sequence[str]) -> "JsonTexts":
        """Read `path` in each of `documents`."""
        found = [raw_at(document, path) for document in documents]
        return cls([text_of(raw) for raw in found], [_number_of(raw) for raw in found])

    def equal(self, text: str) -> pa.BooleanArray:
        """Say which values are `text`."""
        return self._test(operator.eq, text)

    def less(self, text: str) -> pa.BooleanArray:
        """Say which values lie before `text`."""
        return self._test(operator.lt, text)

    def greater(self, text: str) -> pa.BooleanArray:
        """Say which values lie behind `text`."""
        return self._test(operator.gt, text)

    def among(self, texts: tuple[str, ...]) -> pa.BooleanArray:
        """Say which values are one of `texts`."""
        wanted, numbers = set(texts), {as_number(text) for text in texts} - {None}
        return pa.array(
            [
                None if own is None else (own in wanted or (number is not None and number in numbers))
                for own, number in zip(self.texts, self.numbers, strict=True)
            ],
            pa.bool_(),
        )

    def _test(self, test: Test, text: str) -> pa.BooleanArray:
        wanted = as_number(text)
        pairs = zip(self.texts, self.numbers, strict=True)
        if wanted is None:
            return pa.array([None if own is None else test(own, text) for own, _ in pairs], pa.bool_())
        compared = (
            None if own is None else test(own, text) if number is None else test(number, wanted)
            for own, number in pairs
        )
        return pa.array(list(compared), pa.bool_())


def _number_of(raw: str | None) -> Decimal | None:
    if raw is None or raw[0] not in "-0123456789":
        return None
    with suppress(InvalidOperation):
        return Decimal(raw)
    return None
