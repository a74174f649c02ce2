import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.transforms.canonicalize_level import ALIASES, LEVELS, CanonicalizeLevel

SPELLINGS = st.sampled_from([*LEVELS, *ALIASES, "fatal", "trace", ""])


def canonicalize(*levels: str | None) -> list[tuple[str | None, int | None]]:
    batch = pa.record_batch({"level": pa.array(levels, pa.string())})
    result = CanonicalizeLevel("level").apply(batch)
    return list(zip(result["level"].to_pylist(), result["syslog_severity"].to_pylist(), strict=True))


@pytest.mark.parametrize(("severity", "word"), list(enumerate(LEVELS)))
def test_words_of_rfc_5424_get_their_number(severity: int, word: str) -> None:
    assert canonicalize(word, word.lower(), f" {word.title()}\t") == [(word, severity)] * 3


@pytest.mark.parametrize(("alias", "word"), list(ALIASES.items()))
def test_aliases_are_resolved(alias: str, word: str) -> None:
    assert canonicalize(alias.lower()) == [(word, LEVELS.index(word))]


@pytest.mark.parametrize("word", ["WRN", " odd ", "", "\u0131nfo", "ERR OR"])
def test_unknown_words_stay_with_a_null_severity(word: str) -> None:
    assert canonicalize(word) == [(word, None)]


def test_null_stays_null() -> None:
    assert canonicalize(None, "err") == [(None, None), ("ERROR", 3)]


@given(levels=st.lists(st.none() | SPELLINGS | st.text()))
def test_twice_is_once(levels: list[str | None]) -> None:
    once = canonicalize(*levels)
    assert canonicalize(*(word for word, _ in once)) == once


def test_severity_column_can_be_named() -> None:
    batch = pa.record_batch({"level": ["info"]})
    assert CanonicalizeLevel("level", severity="n").apply(batch).schema.field("n").type == pa.int8()
