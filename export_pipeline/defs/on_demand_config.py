"""The launchpad's config of the job `export`: the fields of a request, with their choices, defaults and descriptions.

Made without Dagster's own reading of pydantic fields, which offers `{env: NAME}` beside every value: nobody is to read
the environment of the code server from a launchpad.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from dagster import Enum, EnumValue, Field, Noneable
from pydantic.fields import FieldInfo

from export_pipeline.on_demand.fields import RequestFields

_NO_DEFAULT: Final[Mapping[str, Any]] = {"is_required": False}


def request_schema() -> Mapping[str, Field]:
    """Return the fields by name; none is required, and the launchpad fills in those that have a default."""
    return {name: _field(field) for name, field in RequestFields.model_fields.items()}


def _field(field: FieldInfo) -> Field:
    default = _NO_DEFAULT if field.default is None else {"default_value": field.default}
    return Field(_kind(field.annotation), description=field.description, **default)


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
