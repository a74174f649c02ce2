"""What one dataset may have otherwise than the others: partitions, formats, batches, checks."""

from datetime import date
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from export_pipeline.datasets.partitioning import Grain
from export_pipeline.schemas.policy import Level, OnInvalid
from export_pipeline.settings.group import Group
from export_pipeline.write.formats.registry import FORMATS

PRIMARY_FORMAT: Final = "parquet"


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _known_formats(value: tuple[str, ...]) -> tuple[str, ...]:
    choices = [name for name, fmt in FORMATS.items() if name != PRIMARY_FORMAT and not fmt.is_one_off]
    if unknown := [name for name in value if name not in choices]:
        raise ValueError(f"{', '.join(unknown)} cannot be chosen; choose among {', '.join(choices)}")
    return value


def known_zone(value: str) -> str:
    """Return the name of a zone. Raises: ValueError when there is none of that name."""
    if value not in available_timezones():
        raise ValueError(f"{value} is no time zone of the IANA database")
    return value


Zone = Annotated[str, AfterValidator(known_zone)]
Formats = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_known_formats)]
Functions = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""`module:function`, one or several."""
AtLeastOne = Annotated[int, Field(ge=1)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class PartitionSettings(Group):
    """Partitions and formats."""

    zone: Zone = Field(
        default="UTC", description="Time zone whose days are the daily partitions", examples=["Europe/Berlin"]
    )
    first_partition: date = Field(
        default=date(2026, 1, 1), description="First day that has a partition", examples=["2024-01-01"]
    )
    partition_grain: Grain = Field(default=Grain.DAY, description="Length of a partition", examples=["hour"])
    formats: Formats = Field(
        default=("csv", "json"),
        description="Formats written besides Parquet, separated by commas; empty for none",
        examples=["csv,jsonl"],
    )


class BatchSettings(Group):
    """Batches.

    Whichever limit is reached first ends a batch. The launchpad shows them, and can change them for one run.
    """

    batch_rows: AtLeastOne = Field(default=65_536, description="Most rows in a batch", examples=["50000"])
    batch_bytes: AtLeastOne = Field(default=8 * 1024 * 1024, description="Most bytes in a batch", examples=["8388608"])


class CheckSettings(Group):
    """Checks.

    The launchpad shows them, and can change them for one run. What they do: [validation.md](validation.md).
    """

    validation_level: Level = Field(
        default=Level.STRICT, description="How much of each row is checked", examples=["basic"]
    )
    on_invalid: OnInvalid = Field(
        default=OnInvalid.KEEP,
        description="What becomes of invalid rows",
        examples=["quarantine"],
    )
    max_invalid_ratio: Ratio = Field(
        default=1.0, description="Share of invalid rows above which nothing is published", examples=["0.05"]
    )
