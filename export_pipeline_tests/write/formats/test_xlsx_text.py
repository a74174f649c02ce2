import re
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.write.formats.xlsx_text import cut, escape, escape_column, long_texts

PIECES = ["_", "x", "0041", "_x0041_", "\x00", "\x1b", "\r", "\n", "\t", "<r>", "&", "\uffff", "\ufffe", "A", "é", "😀"]
NASTY = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def shown(xml: str) -> str:
    """Return what Excel shows: the XML's text, then its escapes from left to right."""
    text = ET.fromstring(f"<t>{xml}</t>").text or ""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


@given(NASTY | st.text())
def test_every_text_is_valid_xml_and_is_shown_as_it_was(text: str) -> None:
    assert shown(escape(text)) == text


@given(st.lists(st.none() | NASTY | st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_a_column_is_escaped_as_its_texts_are(texts: list[str | None]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    assert escape_column(column).to_list() == [None if text is None else escape(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("a\x00b\x1f", "a_x0000_b_x001F_"),
        ("line\r\nline\ttab", "line_x000D_\nline\ttab"),
        ("_x0041_", "_x005F_x0041_"),
        ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),
        ("_x0041\x02", "_x005F_x0041_x0002_"),
        ("_xGGGG_ _X0041_ snake_case", "_xGGGG_ _X0041_ snake_case"),
        ("\ud800 \uffff", "_xD800_ _xFFFF_"),
        ("<r>&</r>", "&lt;r&gt;&amp;&lt;/r&gt;"),
        ("=1+1", "=1+1"),
    ],
)
def test_escapes_are_those_of_excel(text: str, xml: str) -> None:
    assert escape(text) == xml


@pytest.mark.parametrize(("text", "is_long"), [("x" * 32_767, False), ("é" * 32_768, True), ("😀" * 16_384, True)])
def test_length_is_counted_in_utf_16(text: str, is_long: bool) -> None:  # noqa: FBT001
    assert long_texts(pl.Series([None, "", text], dtype=pl.String)) == [2] * is_long
    assert (cut(text) != text) is is_long


def test_a_cut_text_fits_and_ends_in_an_ellipsis_without_half_a_character() -> None:
    for text in ("é" * 32_768, "😀" * 16_384, "a" + "😀" * 16_384):
        short = cut(text)
        assert short.endswith("…")
        assert text.startswith(short[:-1])
        assert 32_765 <= len(short.encode("utf-16-le")) // 2 <= 32_767
