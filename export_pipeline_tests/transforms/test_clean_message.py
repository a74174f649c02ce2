import re
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from export_pipeline.transforms.clean_message import CleanMessage

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
TERMINAL = ("\x1b", "[", "31", "m", "]", "0;t", "\x07", "\\", "\x9b", "\x9c", "\x90", "(", "x")
SPACES = (" ", "\t", "\n", "\x85", "\x00", "\x7f", "\u00a0", "\u2028", "\u3000")
MEANING = ("é", "e\u0301", "👩\u200d💻", "\u202e", "\u200b", "\ufeff")
FRAGMENTS = st.sampled_from(TERMINAL + SPACES + MEANING)
TEXTS = st.text() | st.lists(FRAGMENTS).map("".join)


def clean(*texts: str | None) -> list[str | None]:
    batch = pa.record_batch({"m": pa.array(texts, pa.string())})
    result: list[str | None] = CleanMessage(("m",)).apply(batch)["m"].to_pylist()
    return result


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("\x1b[31mred\x1b[0m text", "red text"),
        ("\x1b[38;5;196mred\x1b[K", "red"),
        ("\x9b1mbold", "bold"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r\x1b\\x", "x"),
        ("\x1b(Btext\x1bM", "text"),
        ("\x1b]unterminated stays", "unterminated stays"),
        ("ends in \x1b", "ends in"),
        ("a\tb\nc\rd\x0be\x0cf\x85g", "a b c d e f g"),
        ("be\x00ll\x07\x7f", "bell"),
        ("a\u00a0\u2003b\u2028c\u3000", "a b c"),
        ("  two  blanks  ", "two blanks"),
        (" \t ", ""),
        ("", ""),
        (
            "👩\u200d💻 e\u0301 \u202eabc\u202c \ufeff\u200b",
            "👩\u200d💻 e\u0301 \u202eabc\u202c \ufeff\u200b",
        ),
    ],
)
def test_terminal_leftovers_go_and_meaning_stays(raw: str, expected: str) -> None:
    assert clean(raw) == [expected]


@given(texts=st.lists(st.none() | TEXTS, max_size=8))
@example(texts=["\x1b\x00[31m"])
@example(texts=["\x1b\x1b[31m[32mx"])
@example(texts=["\x1b[3\x1b[31m1m"])
def test_twice_is_once(texts: list[str | None]) -> None:
    once = clean(*texts)
    assert clean(*once) == once


@given(text=TEXTS)
def test_clean_text_has_no_control_character_and_no_ragged_space(text: str) -> None:
    (cleaned,) = clean(text)
    assert cleaned is not None
    assert not CONTROLS.search(cleaned)
    assert cleaned == " ".join(cleaned.split())


@given(text=st.text() | st.text(st.characters(categories=["Cc", "Zs", "Zl", "Zp", "Lu", "Mn"])))
def test_text_without_escapes_loses_only_controls_and_ragged_space(text: str) -> None:
    plain = re.sub(r"[\x1b\x80-\x84\x86-\x9f]", "", text)
    kept = (char for char in plain if unicodedata.category(char) != "Cc" or char in "\t\n\v\f\r\x85")
    assert clean(plain) == [" ".join("".join(kept).split())]


def test_null_stays_null_among_dirty_rows() -> None:
    assert clean(None, "a  b", None, "c", " d") == [None, "a b", None, "c", "d"]


def test_clean_column_is_not_copied() -> None:
    batch = pa.record_batch({"m": ["clean", "text"]})
    assert CleanMessage(("m",)).apply(batch)["m"].buffers()[2].address == batch["m"].buffers()[2].address


def test_dirty_rows_behind_a_slice_are_found() -> None:
    batch = pa.record_batch({"m": ["skip  me", None, "a  b", "c"]}).slice(1, 2)
    assert CleanMessage(("m",)).apply(batch)["m"].to_pylist() == [None, "a b"]
