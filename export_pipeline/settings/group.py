"""What every group of settings has in common. A group is one table of `docs/configuration.md`."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator

LONGEST_S: Final = 2_147_483
"""PostgreSQL holds timeouts as milliseconds in 32 bits: 24 days."""


class Group(BaseModel):
    """Settings that belong together; the docstring's first line is their heading, the rest their introduction."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, given: object) -> object:
        """Read an empty value as none where none is the default: so a variable can undo what a file says."""
        return without_empty(cls, given) if isinstance(given, Mapping) else given


def without_empty(model: type[BaseModel], given: Mapping[str, object]) -> dict[str, object]:
    """Return `given` with None for each empty text of a setting whose default is None; no formats is a choice."""
    unset = {name for name, field in model.model_fields.items() if field.default is None and name != "formats"}
    return {name: None if value == "" and name in unset else value for name, value in given.items()}
