"""What every group of settings has in common. A group is one table of `docs/configuration.md`."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator

LONGEST_S: Final = 2_147_483
"""PostgreSQL holds timeouts as milliseconds in 32 bits: 24 days."""

_EMPTY_IS_A_CHOICE: Final = frozenset({"formats", "env_file"})
"""Settings for which an empty text means none, which is not their default."""


class Group(BaseModel):
    """Settings that belong together; the docstring's first line is their heading, the rest their introduction."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, given: object) -> object:
        """Read an empty text as the setting's default: so a variable can undo what a file says."""
        if not isinstance(given, Mapping):
            return given
        unset = cls.model_fields.keys() - _EMPTY_IS_A_CHOICE
        return {name: value for name, value in given.items() if not (value == "" and name in unset)}
