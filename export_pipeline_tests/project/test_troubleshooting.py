"""What the page quotes can be said: by our code, by Dagster, by PostgreSQL or by the operating system."""

import errno
import importlib.util
import os
import re
from functools import cache
from pathlib import Path

import pytest

from export_pipeline.embedded.binaries import find_binaries
from export_pipeline_tests.project.services import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
SYMPTOMS = [line.split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| ")]
# A quoted message, as against a name, a command or a state: it has a space.
QUOTES = sorted({quote for symptom in SYMPTOMS for quote in re.findall(r"`([^`]+ [^`]+)`", symptom)})
PYTHON = ("export_pipeline", "dagster", "dagster_postgres", "dagster_webserver")
# What stands for a value in a message is one in the quote: a pool's name, a number, a file's name.
VALUES = re.compile(r"source_db|\(SIGKILL\)|\(dagster\.yaml\)|\d+|…|dagster\.yaml|EXPORT_")


@cache
def said_by_code() -> str:
    """Return everything in the sources, with adjacent literals joined and values in braces as one blank each."""
    folders = [Path(spec.origin).parent for name in PYTHON if (spec := importlib.util.find_spec(name)) and spec.origin]
    source = "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))
    joined = re.sub(r'"\s*\n\s*(?:#.*\n\s*)?f?"', "", source)
    return re.sub(r"\{[^{}]*\}", "", re.sub(r"\s+", " ", joined))


@cache
def said_by_postgres() -> str:
    server = (find_binaries().folder / "postgres").read_bytes()
    return re.sub(r"%[a-z]+|\"", "", server.decode("latin-1"))


def pieces(quote: str) -> list[str]:
    """Return the parts of a quote that are the same every time."""
    return [part.strip() for part in VALUES.split(quote) if len(part.strip()) > 2]


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quoted_message_exists(quote: str) -> None:
    system = {os.strerror(code) for code in errno.errorcode}
    if quote in system or quote == "NOTIFY run_events, $1":  # how psycopg 3 shows a statement with its parameter
        return
    missing = [part for part in pieces(quote) if part not in said_by_code() and part not in said_by_postgres()]
    assert missing == []


def test_the_page_quotes_something() -> None:
    assert len(QUOTES) > 15
