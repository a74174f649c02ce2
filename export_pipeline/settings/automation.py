"""What runs by itself, and Dagster's own database."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr

from export_pipeline.settings.group import Group

STORAGE_DRIVER: Final = "postgresql+psycopg2://"


def _driver_named(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(STORAGE_DRIVER):
        raise ValueError(f"it must begin with {STORAGE_DRIVER}, because dagster-postgres needs that driver")
    return value


class StorageSettings(Group):
    """Dagster's storage.

    `dagster.yaml` reads it from the environment, see above.
    """

    storage_url: Annotated[SecretStr, AfterValidator(_driver_named)] | None = Field(
        default=None,
        description="The database for Dagster's runs, events and schedules; it must name the driver psycopg2",
        examples=["postgresql+psycopg2://dagster:secret@db.example.com:5432/dagster"],
    )


class AutomationSettings(Group):
    """Backfills and the sensor.

    How they work: [automation.md](automation.md).
    """

    max_partitions_per_run: int = Field(
        default=30, ge=1, description="Most partitions that a backfill puts into one run", examples=["10"]
    )
    sensors_on: bool = Field(
        default=False,
        description="Whether the sensors are on until somebody switches one in the UI",
        examples=["true"],
    )
    sensor_interval_s: int = Field(
        default=300, ge=30, description="Seconds between two looks for new data", examples=["300"]
    )
    sensor_window_days: int = Field(
        default=35, ge=1, le=36_500, description="Days back from now that each look covers", examples=["35"]
    )
    open_partition_debounce_s: int = Field(
        default=900,
        ge=0,
        description="Seconds between two exports of the partition that is still open, at least",
        examples=["3600"],
    )
    sensor_max_requests: int = Field(default=20, ge=1, description="Most runs that one look asks for", examples=["20"])
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days that one-off exports are kept by the schedule exports_retention; by default for ever",
        examples=["30"],
    )
