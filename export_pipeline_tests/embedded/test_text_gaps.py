import re

import numpy as np
import pytest

from export_pipeline.embedded.syslog_texts import TEXTS, SyslogText
from export_pipeline.embedded.text_gaps import GapFiller

HOSTS = ["192.0.2.7", "2001:db8::1"]


@pytest.fixture
def filler() -> GapFiller:
    return GapFiller(np.random.default_rng(3), HOSTS)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.text[:30])
def test_every_text_is_filled_whole(filler: GapFiller, text: SyslogText) -> None:
    filled = filler.fill(text.text, 50).to_pylist()
    assert len(filled) == 50
    pattern = re.escape(text.text).replace("\\{\\{", "\\{").replace("\\}\\}", "\\}")
    pattern = re.sub(r"\\\{[a-z]+\\\}", lambda _: r"\S+", pattern)
    assert all(re.fullmatch(pattern, line) for line in filled)


def test_gap_named_twice_has_one_value(filler: GapFiller) -> None:
    pairs = [line.split() for line in filler.fill("{mac} {mac}", 50).to_pylist()]
    assert all(first == second for first, second in pairs)
    assert len({first for first, _ in pairs}) > 40


def test_texts_without_gaps_and_no_rows_at_all(filler: GapFiller) -> None:
    assert filler.fill("all the same", 2).to_pylist() == ["all the same"] * 2
    assert filler.fill("{ip} came", 0).to_pylist() == []


def test_first_hosts_are_mentioned_most(filler: GapFiller) -> None:
    drawn = filler.draw("ip", 1_000).to_pylist()
    assert set(drawn) == set(HOSTS)
    assert drawn.count(HOSTS[0]) > 700
