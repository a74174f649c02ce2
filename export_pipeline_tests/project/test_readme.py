"""The README's two commands are one line each and start from nothing; the gate runs its test command word for word."""

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def command(kind: str) -> str:
    """Return the one command line of the README's block of this kind."""
    (block,) = re.findall(rf"```bash {kind}\n(.*?)```", README, re.DOTALL)
    assert block.count("\n") == 1
    return str(block.strip())


def test_the_demo_is_one_command_line_from_nothing() -> None:
    steps = command("demo").split(" && ")
    assert steps[0] == "python3 -m venv .venv"
    assert steps[-1] == ".venv/bin/export-pipeline demo"


def test_the_tests_are_one_command_line_from_nothing() -> None:
    steps = command("test").split(" && ")
    assert steps[0] == "python3 -m venv .venv"
    assert steps[-1].startswith(".venv/bin/pytest")
