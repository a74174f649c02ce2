"""The launchpad's config of a dataset's run: flat, described, defaulted from the settings."""

from enum import StrEnum
from typing import Literal

from dagster import Config
from pydantic import Field, create_model

from export_pipeline.extract.reader import BatchLimits
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.settings import Settings

# The words of `Level` and `OnInvalid`: of a Python enum the launchpad would show the names in capitals.
LevelName = Literal["none", "basic", "strict"]
OnInvalidName = Literal["keep", "quarantine", "fail"]


class ExtractConfig(Config):
    """How rows are read."""

    batch_rows: int = Field(description="Most rows in a batch; 1 or more")
    batch_bytes: int = Field(description="Most bytes in a batch; 1 or more")

    @property
    def limits(self) -> BatchLimits:
        """The limits. Raises: ConfigError for one below 1."""
        return BatchLimits(self.batch_rows, self.batch_bytes)


class ValidateConfig(Config):
    """How rows are checked."""

    validation_level: LevelName = Field(description="none; basic (required, types, domains); strict (every rule)")
    on_invalid: OnInvalidName = Field(description="keep, quarantine, or fail the run when a row is invalid")
    max_invalid_ratio: float = Field(description="Share of invalid rows, 0 to 1, above which nothing is published")

    @property
    def policy(self) -> CheckPolicy:
        """The policy. Raises: ConfigError for a share outside 0 to 1."""
        return CheckPolicy(Level(self.validation_level), OnInvalid(self.on_invalid), self.max_invalid_ratio)


class DatasetRunConfig(ExtractConfig, ValidateConfig):
    """Everything that a dataset's run can be told."""


def run_config_model(settings: Settings) -> type[DatasetRunConfig]:
    """Return `DatasetRunConfig` with the settings as its defaults, so that the launchpad shows them."""
    fields = {
        name: (
            field.annotation,
            Field(default=_plain(getattr(settings, name)), description=field.description),
        )
        for name, field in DatasetRunConfig.model_fields.items()
    }
    return create_model("DatasetRunConfig", __base__=DatasetRunConfig, **fields)  # type: ignore[call-overload, no-any-return] # fields by name


def _plain(value: object) -> object:
    return value.value if isinstance(value, StrEnum) else value
