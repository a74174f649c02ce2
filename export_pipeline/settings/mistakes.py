"""What is wrong with settings, in words: the setting by the name it has where it is written, why, and an example."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from export_pipeline.settings.dataset import DatasetSettings
from export_pipeline.settings.layers import Layer
from export_pipeline.settings.merging import Location
from export_pipeline.settings.problem import Problem

_PAGE = "docs/configuration.md lists those there are"
_NEAR = 0.75
_DATASET_DEPTH = 3
"""`datasets.logs.table`: every other setting has a name of one part."""
_NAMED = re.compile(r"\{((?:source|s3)_[a-z0-9_]+|root)\}")


def field_problems(error: ValidationError) -> Iterator[Problem]:
    """Yield what pydantic found, without the values: one may be a secret."""
    for found in error.errors(include_input=False, include_url=False, include_context=False):
        path = tuple(str(part) for part in found["loc"])
        location = path[:_DATASET_DEPTH] if path[0] == "datasets" else path[:1]
        if found["type"] == "extra_forbidden":
            yield Problem(location, "")
        elif found["type"] in {"dict_type", "model_type"}:
            text = "it must be a mapping: in a variable a JSON object, in YAML indented lines"
            yield Problem(location, text, teaches=True)
        else:
            yield Problem(location, found["msg"].removeprefix("Value error, "), teaches=True)


def said(problem: Problem, layers: Sequence[Layer], settings: type[BaseModel]) -> str:
    """Return one line. A problem without text is a name that is no setting."""
    layer = _written_in(problem.location, layers)
    if not problem.text:
        return _unknown(problem.location, layer, settings)
    others = [_written_in((name,), layers).called((name,)) for name in problem.others]
    beside = f" ({', '.join(others)})" if others else ""
    example = _example(problem.location, layer, settings) if problem.teaches else ""
    text = _NAMED.sub(lambda name: layer.name((name[1],)), problem.text)
    return f"{layer.called(problem.location)}: {text}{beside}{example}"


def _written_in(location: Location, layers: Sequence[Layer]) -> Layer:
    """Return the layer whose value counts; the environment for one that is missing everywhere.

    Dagster's own commands make `.env` a part of the environment: of two with the same value, the file is named.
    """
    holding = [layer for layer in layers if layer.holds(location)]
    same = [layer for layer in holding if layer.value(location) == holding[0].value(location)]
    return next((layer for layer in same if layer.file), (holding or [Layer()])[0])


def _unknown(location: Location, layer: Layer, settings: type[BaseModel]) -> str:
    known = list(_fields(location, settings))
    near = difflib.get_close_matches(location[-1], known, 1, _NEAR)
    hint = f"did you mean {layer.name((*location[:-1], near[0]))}?" if near else _PAGE
    kind = "" if layer.file else "environment variable "
    return f"{kind}{layer.called(location)} is not a setting; {hint}"


def _fields(location: Location, settings: type[BaseModel]) -> Mapping[str, FieldInfo]:
    return settings.model_fields if len(location) == 1 else DatasetSettings.model_fields


def _example(location: Location, layer: Layer, settings: type[BaseModel]) -> str:
    location = location if len(location) == _DATASET_DEPTH else location[:1]
    field = _fields(location, settings).get(location[-1])
    example = ((field.examples if field else None) or [""])[0]
    shown = f"{location[-1]}: {example}" if layer.is_yaml else f"{layer.name(location)}={example}"
    return f"; for example {shown}"
