"""Reads a file of variables such as `.env`, with the meaning that Dagster gives it: `${NAME}` stands for a variable.

No message quotes the file: what cannot be read may be a password.
"""

from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream


class UnreadableEnvFileError(Exception):
    """Lines of the file are no variables; the message says which, a line each."""


def read_env_file(path: Path) -> dict[str, str]:
    """Return the file's variables. Raises: UnreadableEnvFileError, OSError, UnicodeDecodeError."""
    with path.open(encoding="utf-8") as file:
        broken = [binding.original.line for binding in parse_stream(file) if binding.error]
    if broken:  # python-dotenv would leave them out
        said = "it is not NAME=value; put a value with odd characters into quotes"
        raise UnreadableEnvFileError("\n".join(f"{path}, line {line}: {said}" for line in broken))
    return {name: value for name, value in dotenv_values(path, encoding="utf-8").items() if value is not None}
