"""The log level's rule and its transform take the same words: what one accepts, the other resolves."""

import polars as pl
import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from export_pipeline.schemas.rules import syslog_level
from export_pipeline.transforms.canonicalize_level import ALIASES, LEVELS, CanonicalizeLevel

BLANKS = "\t\n\v\f\r \x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u200b\ufeff\u180e"
RULE = syslog_level()
TRANSFORM = CanonicalizeLevel(column="level")

around = st.text(alphabet=BLANKS, max_size=2)
words = st.sampled_from([*LEVELS, *ALIASES]).flatmap(
    lambda word: st.tuples(*(st.sampled_from([letter, letter.lower()]) for letter in word)).map("".join)
)
near_misses = st.builds(lambda word, odd: word[:-1] + odd, words, st.characters(exclude_categories=["Cs"]))


def accepted(levels: list[str]) -> list[bool]:
    return (
        pl.DataFrame({"level": levels}, schema={"level": pl.String}).select(RULE.holds("level")).to_series().to_list()
    )


def resolved(levels: list[str]) -> list[bool]:
    batch = pa.record_batch({"level": pa.array(levels, pa.string())})
    return [severity is not None for severity in TRANSFORM.apply(batch)["syslog_severity"].to_pylist()]


def test_every_word_and_alias_is_accepted_and_resolved() -> None:
    spellings = [form for word in (*LEVELS, *ALIASES) for form in (word, word.lower(), word.title(), f" {word}\t")]
    assert all(accepted(spellings))
    assert all(resolved(spellings))


@given(
    st.lists(
        st.one_of(words, near_misses, st.text(max_size=12)).flatmap(
            lambda word: st.builds("{}{}{}".format, around, st.just(word), around)
        )
    )
)
@example([f"{blank}info{blank}" for blank in BLANKS])
@example(["WARN\u0131NG", "\u017fYSTEM", "debuG", "\u0130nfo", "\u0131nfo", "critical\u0307", "Kritical"])
def test_the_rule_accepts_exactly_what_the_transform_resolves(levels: list[str]) -> None:
    assert accepted(levels) == resolved(levels)
