"""Functions by `module:function`: found with what is known of them, or refused with where was looked and what to do."""

import re
from pathlib import Path

import polars as pl
import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.user_functions import find_function
from export_pipeline_tests.transforms import own_functions

OWN = "export_pipeline_tests.transforms.own_functions"
EXAMPLE = "def f(rows: polars.DataFrame)"


def test_a_function_is_found_with_what_it_takes() -> None:
    found = find_function(f"{OWN}:shout", EXAMPLE)
    assert found.call is own_functions.shout
    assert found.takes is pl.DataFrame


def test_annotations_may_be_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    text = "from __future__ import annotations\nimport polars as pl\ndef f(rows: pl.DataFrame): return rows\n"
    (tmp_path / "later_annotations.py").write_text(text, encoding="utf-8")
    assert find_function("later_annotations:f", EXAMPLE).takes is pl.DataFrame


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("clean", "'clean' is no function; write module:function, for example mine:clean"),
        (":clean", "write module:function"),
        ("mine:", "write module:function"),
        ("no_such:f", "there is no module no_such; looked in .*PYTHONPATH"),
        ("no.such:f", "there is no module no; looked in"),
        (f"{OWN}.further:f", r"there is no module .*own_functions\.further"),
        (f"{OWN}:shuot", r"there is no shuot in .*own_functions\.py; its functions are: shout, "),
        (f"{OWN}:VALUE", f"is no function; for example {re.escape(EXAMPLE)}; see docs/custom.md"),
        (f"{OWN}:without_annotation", "its first argument has no annotation; for example"),
        ("builtins:print", "its first argument has no annotation|its annotations cannot be read"),
    ],
)
def test_what_is_not_there_is_said_with_what_to_do(path: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        find_function(path, EXAMPLE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_library", "its module needs no_such_library, which is not installed"),
        ("1/0", r"its module cannot be imported: .* failed: ZeroDivisionError: division by zero \(.*mine_\d\.py:1\)"),
        ("def f(", r"its module cannot be imported: .* failed: SyntaxError"),
        ("def f(rows: 'Unknown'): return rows", "its annotations cannot be read: name 'Unknown' is not defined"),
        ("def f(): return 1", "its first argument has no annotation"),
    ],
)
def test_a_broken_module_is_said_by_its_reason(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    name = f"mine_{abs(hash(text)) % 10**6}"
    (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said.replace(r"mine_\d", name)):
        find_function(f"{name}:f", EXAMPLE)
