"""Every setting of the project, read from the environment here and nowhere else.

Each field is the environment variable `EXPORT_<NAME>`; its description, unit and example are what
`docs/configuration.md` shows. `EXPORT_STORAGE_URL` is also read by `dagster.yaml`.
"""

import difflib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from export_pipeline.changes.pending import Published
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.source import Source, Timeouts
from export_pipeline.schemas.policy import CheckPolicy, Level, OnInvalid
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS

PREFIX = "EXPORT_"
PRIMARY_FORMAT = "parquet"

_LONGEST_S = 2_147_483
"""PostgreSQL holds timeouts as milliseconds in 32 bits: 24 days."""


class DatasetSettings(BaseModel):
    """One dataset's own settings: `EXPORT_DATASETS__LOGS__TABLE` and so on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether its assets exist", examples=["false"])
    table: str | None = Field(default=None, description="Table to read, `schema.name`", examples=["ops.log_entries"])
    column_map: dict[str, str] = Field(
        default_factory=dict,
        description="Names of its columns in that table, as JSON: ours to theirs",
        examples=['{"timestamp": "logged_at"}'],
    )


class Settings(BaseSettings):
    """The settings of one process. Raises ConfigError, by `load`, for what cannot be."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    source_url: SecretStr | None = Field(
        default=None,
        description="The database to export from",
        examples=["postgresql://reader:secret@db.example.com:5432/operations"],
    )
    storage_url: SecretStr | None = Field(
        default=None,
        description="The database for Dagster's runs, events and schedules; it must name the driver psycopg2",
        examples=["postgresql+psycopg2://dagster:secret@db.example.com:5432/dagster"],
    )
    root: str = Field(
        default=".export_pipeline/exports",
        description="Folder that exports are written to",
        examples=["/srv/exports"],
    )
    zone: str = Field(
        default="UTC", description="Time zone whose days are the daily partitions", examples=["Europe/Berlin"]
    )
    first_partition: date = Field(
        default=date(2026, 1, 1), description="First day that has a partition", examples=["2024-01-01"]
    )
    partition_grain: Grain = Field(default=Grain.DAY, description="Length of a partition", examples=["hour"])
    formats: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("csv", "json"),
        description="Formats written besides Parquet, separated by commas; empty for none",
        examples=["csv,jsonl"],
    )
    datasets: dict[str, DatasetSettings] = Field(
        default_factory=dict,
        description="Settings of a single dataset, see below",
        examples=["EXPORT_DATASETS__LOGS__TABLE=ops.log_entries"],
    )
    batch_rows: int = Field(default=65_536, ge=1, description="Most rows in a batch", examples=["50000"])
    batch_bytes: int = Field(default=8 * 1024 * 1024, ge=1, description="Most bytes in a batch", examples=["8388608"])
    validation_level: Level = Field(
        default=Level.STRICT, description="How much of each row is checked", examples=["basic"]
    )
    on_invalid: OnInvalid = Field(
        default=OnInvalid.KEEP, description="What becomes of invalid rows", examples=["quarantine"]
    )
    max_invalid_ratio: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of invalid rows above which nothing is published",
        examples=["0.05"],
    )
    connect_timeout_s: int = Field(
        default=10, ge=0, le=_LONGEST_S, description="Seconds to wait for a connection", examples=["10"]
    )
    lock_timeout_s: float = Field(
        default=30, ge=0, le=_LONGEST_S, description="Seconds to wait for a table's lock", examples=["30"]
    )
    statement_timeout_s: float = Field(
        default=3600,
        ge=0,
        le=_LONGEST_S,
        description="Seconds that one statement may take; 0 for no limit",
        examples=["7200"],
    )
    idle_in_transaction_timeout_s: float = Field(
        default=600,
        ge=0,
        le=_LONGEST_S,
        description="Seconds that the server keeps a snapshot nobody reads from",
        examples=["600"],
    )
    network_silence_s: int = Field(
        default=60,
        ge=0,
        le=_LONGEST_S,
        description="Seconds without an answer after which a connection is lost",
        examples=["60"],
    )
    max_partitions_per_run: int = Field(
        default=30, ge=1, description="Most partitions that a backfill puts into one run", examples=["10"]
    )
    sensor_interval_s: int = Field(
        default=300, ge=30, description="Seconds between two looks for new data", examples=["300"]
    )
    sensor_window_days: int = Field(
        default=35, ge=1, description="Days back from now that each look covers", examples=["35"]
    )
    open_partition_debounce_s: int = Field(
        default=900,
        ge=0,
        description="Seconds between two exports of the partition that is still open, at least",
        examples=["3600"],
    )
    sensor_max_requests: int = Field(default=20, ge=1, description="Most runs that one look asks for", examples=["20"])

    @field_validator("formats", mode="before")
    @classmethod
    def _split_formats(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("formats")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        choices = [name for name in FORMATS if name != PRIMARY_FORMAT]
        if unknown := [name for name in value if name not in choices]:
            raise ValueError(f"{', '.join(unknown)} cannot be chosen; choose among {', '.join(choices)}")
        return value

    @field_validator("datasets")
    @classmethod
    def _known_datasets(cls, value: dict[str, DatasetSettings]) -> dict[str, DatasetSettings]:
        if unknown := [name for name in value if name not in DATASETS]:
            raise ValueError(f"there is no dataset {', '.join(unknown)}; there are {', '.join(DATASETS)}")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value} is no time zone of the IANA database")
        return value

    @field_validator("storage_url")
    @classmethod
    def _driver_named(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("postgresql+psycopg2://"):
            raise ValueError("it must begin with postgresql+psycopg2://, because dagster-postgres needs that driver")
        return value

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment. Raises: ConfigError naming every variable that is wrong, with an example."""
        _refuse_unknown(os.environ)
        try:
            return cls(**overrides)  # type: ignore[arg-type] # pydantic checks them
        except SettingsError as error:
            example = DatasetSettings.model_fields["column_map"].examples or [""]
            raise ConfigError(
                f"{error}: it must be JSON; for example {PREFIX}DATASETS__LOGS__COLUMN_MAP={example[0]}"
            ) from error
        except ValidationError as error:
            raise ConfigError("; ".join(_said(cls, problem) for problem in error.errors())) from None

    @property
    def source(self) -> Source:
        """The database to export from. Raises: ConfigError when EXPORT_SOURCE_URL is not set."""
        if self.source_url is None:
            raise ConfigError(f"EXPORT_SOURCE_URL is not set; for example {_example(type(self), 'source_url')}")
        timeouts = Timeouts(
            connect_s=self.connect_timeout_s,
            lock_s=self.lock_timeout_s,
            statement_s=self.statement_timeout_s,
            idle_in_transaction_s=self.idle_in_transaction_timeout_s,
            network_silence_s=self.network_silence_s,
        )
        return Source(self.source_url.get_secret_value(), timeouts)

    @property
    def root_url(self) -> str:
        """Where exports go, a path made absolute."""
        return self.root if "://" in self.root else str(Path(self.root).absolute())

    @property
    def published(self) -> Published:
        """Where every dataset is published, and in which formats."""
        derived = tuple(FORMATS[name] for name in self.formats)
        return Published(open_destination(self.root_url), FORMATS[PRIMARY_FORMAT], derived)

    @property
    def partitioning(self) -> Partitioning:
        """How every dataset is cut in time."""
        return Partitioning(self.first_partition, self.partition_grain, self.zone)

    @property
    def limits(self) -> BatchLimits:
        """How large a batch may get."""
        return BatchLimits(self.batch_rows, self.batch_bytes)

    @property
    def policy(self) -> CheckPolicy:
        """How rows are checked."""
        return CheckPolicy(self.validation_level, self.on_invalid, self.max_invalid_ratio)

    @property
    def enabled_datasets(self) -> tuple[Dataset, ...]:
        """The datasets that are switched on, under their tables' own names."""
        return tuple(self.dataset(name) for name in DATASETS if self._own(name).enabled)

    def dataset(self, name: str) -> Dataset:
        """Return the dataset `name`, which must exist, with its table and column names."""
        own = self._own(name)
        return DATASETS[name].renamed(TableName.parse(own.table) if own.table else None, own.column_map)

    def _own(self, name: str) -> DatasetSettings:
        return self.datasets.get(name, DatasetSettings())


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [name.upper() for name in Settings.model_fields]
    for variable in environ:
        name = variable.removeprefix(PREFIX).split("__")[0]
        if variable.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else "docs/configuration.md lists those there are"
            raise ConfigError(f"environment variable {variable} is not a setting; {hint}")


def _said(settings: type[Settings], problem: Mapping[str, object]) -> str:
    location = [str(part) for part in problem["loc"]]  # type: ignore[attr-defined] # pydantic's tuple
    name = PREFIX + "__".join(part.upper() for part in location)
    text = str(problem["msg"]).removeprefix("Value error, ")
    return f"{name}: {text}; for example {_example(settings, location[0])}"


def _example(settings: type[Settings], field: str) -> str:
    examples = settings.model_fields[field].examples or [""]
    return str(examples[0]) if str(examples[0]).startswith(PREFIX) else f"{PREFIX}{field.upper()}={examples[0]}"
