"""The launchpad's config of a dataset's run: flat, described, defaulted from the settings.

The launchpad checks types and words only. What a number may be, the setting of the same name says: a run that is told
something else fails in its first step, with all its mistakes in one message.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal

from dagster import Config
from pydantic import Field, TypeAdapter, ValidationError, create_model

from export_pipeline.errors import ConfigError
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.source import Timeouts
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.settings import Settings

# The words of `Level` and `OnInvalid`: of a Python enum the launchpad would show the names in capitals.
LevelName = Literal["none", "basic", "strict"]
OnInvalidName = Literal["keep", "quarantine", "fail"]


class ExtractConfig(Config):
    """How rows are read."""

    batch_rows: int = Field(description="Most rows in a batch; 1 or more")
    batch_bytes: int = Field(description="Most bytes in a batch; 1 or more")
    connect_timeout_s: int = Field(description="Seconds to wait for a connection to the source; 0 for no limit")
    lock_timeout_s: float = Field(description="Seconds to wait for a table's lock; 0 for no limit")
    statement_timeout_s: float = Field(description="Seconds that one statement may take; 0 for no limit")
    idle_in_transaction_timeout_s: float = Field(
        description="Seconds that the server keeps a snapshot nobody reads from; 0 for no limit"
    )
    network_silence_s: int = Field(
        description="Seconds without an answer after which a connection is lost; 0 for no limit"
    )

    @property
    def limits(self) -> BatchLimits:
        """How large a batch may get."""
        return BatchLimits(self.batch_rows, self.batch_bytes)

    @property
    def timeouts(self) -> Timeouts:
        """How long to wait for the source."""
        return Timeouts(
            connect_s=self.connect_timeout_s,
            lock_s=self.lock_timeout_s,
            statement_s=self.statement_timeout_s,
            idle_in_transaction_s=self.idle_in_transaction_timeout_s,
            network_silence_s=self.network_silence_s,
        )


class ValidateConfig(Config):
    """How rows are checked."""

    validation_level: LevelName = Field(description="none; basic (required, types, domains); strict (every rule)")
    on_invalid: OnInvalidName = Field(description="keep, quarantine, or fail the run when a row is invalid")
    max_invalid_ratio: float = Field(description="Share of invalid rows, 0 to 1, above which nothing is published")

    @property
    def policy(self) -> CheckPolicy:
        """How rows are checked, and what becomes of invalid ones."""
        return CheckPolicy(Level(self.validation_level), OnInvalid(self.on_invalid), self.max_invalid_ratio)


class DatasetRunConfig(ExtractConfig, ValidateConfig):
    """Everything that a dataset's run can be told."""

    def require_possible(self) -> None:
        """Hold every value to the bounds of its setting. Raises: ConfigError naming all that break them."""
        mistakes = [said for name in DatasetRunConfig.model_fields for said in _mistakes(name, getattr(self, name))]
        if mistakes:
            raise ConfigError(f"the config of this run: {'; '.join(mistakes)}")


def run_config_model(settings: Settings, dataset: str) -> type[DatasetRunConfig]:
    """Return `DatasetRunConfig` with the dataset's settings as its defaults, so that the launchpad shows them."""
    fields = {
        name: (
            field.annotation,
            Field(default=_plain(settings.chosen(dataset, name)), description=field.description),
        )
        for name, field in DatasetRunConfig.model_fields.items()
    }
    return create_model("DatasetRunConfig", __base__=DatasetRunConfig, **fields)  # type: ignore[call-overload, no-any-return] # fields by name


def _mistakes(name: str, value: object) -> Iterator[str]:
    setting = Settings.model_fields[name]
    try:
        wanted: Any = Annotated[setting.annotation, setting]  # Any: a type that is put together only now
        TypeAdapter(wanted).validate_python(value)
    except ValidationError as error:
        example = f", for example {setting.examples[0]}" if setting.examples else ""
        yield from (f"{name} is {value}: {problem['msg'].lower()}{example}" for problem in error.errors())


def _plain(value: object) -> object:
    return value.value if isinstance(value, StrEnum) else value
