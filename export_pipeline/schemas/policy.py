"""How strictly a batch is checked, and what becomes of rows that fail."""

from dataclasses import dataclass
from enum import StrEnum

from export_pipeline.errors import ConfigError


class Level(StrEnum):
    """How much is checked: nothing; required cells, types and domains; or every rule."""

    NONE = "none"
    BASIC = "basic"
    STRICT = "strict"


class OnInvalid(StrEnum):
    """What becomes of invalid rows: published and counted, set aside with their reasons, or nothing is published."""

    KEEP = "keep"
    QUARANTINE = "quarantine"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """A validation level with what follows from it.

    `max_invalid_ratio` is the share of invalid rows (0 to 1) above which nothing is published.
    """

    level: Level = Level.BASIC
    on_invalid: OnInvalid = OnInvalid.KEEP
    max_invalid_ratio: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.max_invalid_ratio <= 1:
            raise ConfigError(
                f"max_invalid_ratio is {self.max_invalid_ratio}; give a share of 0 to 1, for example 0.01"
            )
