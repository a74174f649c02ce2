"""Writes the reference at the end of `docs/guide-export.md` from the fields' own code.

Run it as `python -m export_pipeline_tests.project.export_page`.
"""

from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import typer
from typer.core import TyperArgument, TyperOption

from export_pipeline.cli.export_command import export
from export_pipeline.on_demand.fields import RequestFields

PAGE: Final = Path(__file__).parents[2] / "docs" / "guide-export.md"
HEADING: Final = "## All fields\n"

SINGULAR: Final = {"tables": "table", "filters": "filter", "processes": "process"}
"""Flags that are given again for every entry are named by one entry."""

_WORDS: Final[dict[Any, str]] = {str: "text", int: "whole number", float: "number", bool: "true, false"}
_HEADER: Final = ["| field | flag | takes | default | what |", "| --- | --- | --- | --- | --- |"]


def options() -> dict[str, TyperArgument | TyperOption]:
    """Return the command's arguments and options by the names of their parameters."""
    app = typer.Typer(add_completion=False)
    app.command()(export)
    command = typer.main.get_command(app)
    return {str(one.name): one for one in command.params if isinstance(one, TyperArgument | TyperOption)}


def parameter_of(field: str) -> str:
    """Return the name of the parameter behind a field."""
    return SINGULAR.get(field, field)


def render() -> str:
    """Return the reference."""
    known = options()
    lines = [
        f"| `{name}` | `{_flag(known[parameter_of(name)])}` | {_takes(field.annotation)} | {_default(field.default)} | "
        f"{field.description} |"
        for name, field in RequestFields.model_fields.items()
    ]
    return "\n".join([HEADING, *_HEADER, *lines]) + "\n"


def _flag(option: TyperArgument | TyperOption) -> str:
    return "DATASET…" if isinstance(option, TyperArgument) else ", ".join(sorted(option.opts, key=len, reverse=True))


def _takes(annotation: Any) -> str:  # noqa: ANN401 - whatever a field is annotated with
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(inner)
    if get_origin(annotation) is list:
        return "list"
    return _WORDS[inner[0] if inner else annotation]


def _default(value: object) -> str:
    if value is None or value == []:
        return ""
    return f"`{str(value).lower()}`"


if __name__ == "__main__":
    text, _, _ = PAGE.read_text(encoding="utf-8").partition(HEADING)
    PAGE.write_text(text + render(), encoding="utf-8")
