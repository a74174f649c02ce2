"""The launchpad's config of the job `export`: the fields of a request, with their choices, defaults and descriptions.

Made without Dagster's own reading of pydantic fields, which offers `{env: NAME}` beside every value: nobody is to read
the environment of the code server from a launchpad.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from dagster import Enum, EnumValue, Field, Noneable
from pydantic.fields import FieldInfo

from export_pipeline.on_demand.fields import RequestFields


def request_schema() -> Mapping[str, Field]:
    """Return the fields by name. Texts have an empty default, so that the launchpad begins with all but the numbers."""
    return {
        name: Field(_kind(field.annotation), default_value=_shown(field), description=field.description)
        for name, field in RequestFields.model_fields.items()
    }


def chosen_of(config: Mapping[str, object]) -> Mapping[str, object]:
    """Return what somebody has filled in: without the texts that the launchpad shows as empty."""
    return {name: value for name, value in config.items() if value != ""}


def _shown(field: FieldInfo) -> object:
    return "" if str in get_args(field.annotation) and field.default is None else field.default


def _kind(annotation: Any) -> Any:  # noqa: ANN401 - an annotation; what Dagster takes as the type of a config field
    choices = get_args(annotation)
    if get_origin(annotation) is Literal:
        return Enum(" | ".join(choices), [EnumValue(choice) for choice in choices])
    if get_origin(annotation) is list:
        return [_kind(choices[0])]
    if NoneType in choices:
        (one,) = (choice for choice in choices if choice is not NoneType)
        return Noneable(one)
    return annotation
