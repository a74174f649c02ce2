"""Tests of settings begin without any: no variable of the machine's, no `.env` of the checkout's."""

import os
from pathlib import Path

import pytest

from export_pipeline.settings import PREFIX


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the working folder of the test, an empty one."""
    for name in os.environ:
        if name.startswith((PREFIX, "PG")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path
