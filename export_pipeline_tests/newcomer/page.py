"""docs/quickstart-own-database.md: its blocks, to be run word for word."""

import re
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

PAGE = (Path(__file__).parents[2] / "docs" / "quickstart-own-database.md").read_text(encoding="utf-8")


def blocks(language: str) -> dict[str, str]:
    """Return the page's blocks in this language by their names."""
    return dict(re.findall(rf"^```{language} quickstart (\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


def settings(*names: str) -> dict[str, str]:
    """Return what the page's lines of `.env` in these blocks set."""
    found = dotenv_values(stream=StringIO("\n".join(blocks("ini")[name] for name in names)))
    return {name: value for name, value in found.items() if value is not None}
