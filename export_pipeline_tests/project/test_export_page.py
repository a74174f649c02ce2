"""The fields of an export, the command's flags and the reference in docs/guide-export.md are the same thing."""

from types import NoneType
from typing import Any, get_args, get_origin

import pytest
from typer.core import TyperArgument

from export_pipeline.cli import export as export_module
from export_pipeline.on_demand.fields import RequestFields
from export_pipeline_tests.cli.conftest import Invoke, invoke
from export_pipeline_tests.project.export_page import HEADING, PAGE, options, parameter_of, render

__all__ = ["invoke"]  # a fixture

OF_THE_COMMAND = {"config", "detach", "export_id", "home", "json", "url", "yes"}


def test_the_reference_is_made_of_the_fields() -> None:
    _, _, reference = PAGE.read_text(encoding="utf-8").partition(HEADING)
    assert HEADING + reference == render(), "run: python -m export_pipeline_tests.project.export_page"


def test_every_field_has_its_flag_and_every_flag_its_field() -> None:
    assert {parameter_of(name) for name in RequestFields.model_fields} == set(options()) - OF_THE_COMMAND


@pytest.mark.parametrize("name", RequestFields.model_fields)
def test_a_flag_fills_in_its_field_and_no_other(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(export_module, "run_export", lambda given, *_: asked.append(given))
    written, read = example(RequestFields.model_fields[name].annotation)
    option = options()[parameter_of(name)]
    flags = [] if isinstance(option, TyperArgument) else [option.opts[0]]
    invoke("export", *flags, *written)
    assert asked == [{name: read}]


def example(annotation: Any) -> tuple[list[str], object]:  # noqa: ANN401 - whatever a field is annotated with
    """Return what is written behind a flag, and the value that it means."""
    kinds = [kind for kind in get_args(annotation) or [annotation] if kind is not NoneType]
    if get_origin(annotation) is list:
        return ["x"], ["x"]
    if kinds == [bool]:
        return [], True
    return {int: (["3"], 3), float: (["0.5"], 0.5)}.get(kinds[0], (["x"], "x"))
