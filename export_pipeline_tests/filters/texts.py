"""Filters of any shape and any text, for what must hold of all of them."""

from typing import Final

from hypothesis import strategies as st

from export_pipeline.filters.condition import (
    LIST_OPERATORS,
    NULL_OPERATORS,
    Condition,
    Filter,
    Operator,
    all_of,
    any_of,
)

STORABLE: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NAMES: Final = st.sampled_from(
    ["a", "source", "Or", "null", "my col", 'q"uote', "ä", "x.y", "1a", "_"]
) | STORABLE.filter(bool)
VALUES: Final = (
    st.sampled_from(["", "5", "-1.5e3", "it's", "null", "and", "2026-11-20T05:00+02:00", "'", "%", ","]) | STORABLE
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """Draw a condition of any operator."""
    operator = draw(st.sampled_from(Operator))
    fewest, most = (0, 0) if operator in NULL_OPERATORS else (1, 4) if operator in LIST_OPERATORS else (1, 1)
    if operator is Operator.BETWEEN:
        fewest, most = 2, 2
    values = draw(st.lists(VALUES, min_size=fewest, max_size=most))
    path = draw(st.lists(VALUES, max_size=2))
    return Condition(draw(NAMES), operator, tuple(values), tuple(path), draw(st.booleans()))


def _joined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, min_size=2, max_size=4)
    return several.map(lambda some: all_of(some) or some[0]) | several.map(lambda some: any_of(some) or some[0])


FILTERS: Final[st.SearchStrategy[Filter]] = st.recursive(conditions(), _joined, max_leaves=8)
