"""The settings of one dataset: where it lies in the source, and what it has otherwise than the others."""

from dataclasses import replace

from pydantic import Field, field_validator

from export_pipeline.datasets.customized import customized
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.freshness import Freshness
from export_pipeline.datasets.partitioning import Grain
from export_pipeline.errors import ConfigError
from export_pipeline.extract.names import TableName
from export_pipeline.extract.selection import SpecialTimes
from export_pipeline.schemas.policy import Level, OnInvalid
from export_pipeline.settings.exports import AtLeastOne, Formats, Functions, Ratio, Zone
from export_pipeline.settings.group import Group


class DatasetSettings(Group):
    """Settings of one dataset.

    `EXPORT_DATASETS__LOGS__…`, and the same for `ANOMALIES` and `IPS`. What is not set is as in the setting of the same
    name above, or as the dataset declares it.
    """

    enabled: bool = Field(default=True, description="Whether its assets exist", examples=["false"])
    table: str | None = Field(default=None, description="Table to read, `schema.name`", examples=["ops.log_entries"])
    column_map: dict[str, str] = Field(
        default_factory=dict,
        description="Names of its columns in that table, as JSON: ours to theirs",
        examples=['{"message": "msg", "device_ip": "host"}'],
    )
    side_table: str | None = Field(
        default=None, description="Table that is joined to it, such as that of the devices", examples=["ops.inventory"]
    )
    side_column_map: dict[str, str] = Field(
        default_factory=dict,
        description="Names of the joined columns in that table, as JSON: ours to theirs",
        examples=['{"id": "number", "name": "label"}'],
    )
    time_column: str | None = Field(
        default=None, description="Name there of the column that places a row in time", examples=["logged_at"]
    )
    naive_zone: Zone | None = Field(
        default=None, description="Zone of its times that carry none", examples=["Europe/Berlin"]
    )
    special_times: SpecialTimes | None = Field(
        default=None,
        description='What becomes of ±infinity and years outside 1 to 9999; in YAML `"null"`, in quotes',
        examples=["null"],
    )
    partition_grain: Grain | None = Field(default=None, description="Length of its partitions", examples=["hour"])
    formats: Formats | None = Field(default=None, description="Its formats besides Parquet", examples=["jsonl"])
    batch_rows: AtLeastOne | None = Field(default=None, description="Most rows in a batch", examples=["20000"])
    batch_bytes: AtLeastOne | None = Field(default=None, description="Most bytes in a batch", examples=["4194304"])
    validation_level: Level | None = Field(
        default=None, description="How much of each row is checked", examples=["basic"]
    )
    on_invalid: OnInvalid | None = Field(
        default=None, description="What becomes of invalid rows", examples=["quarantine"]
    )
    max_invalid_ratio: Ratio | None = Field(
        default=None, description="Share of invalid rows above which nothing is published", examples=["0.01"]
    )
    transforms: Functions = Field(
        default=(),
        description="Functions of your own that change its rows, separated by commas, see [custom.md](custom.md)",
        examples=["mine:clean"],
    )
    checks: dict[str, Functions] = Field(
        default_factory=dict,
        description="Functions of your own that check a column's values, as JSON: the column to the functions",
        examples=['{"message": "mine:not_too_long"}'],
    )
    fresh_late: float | None = Field(
        default=None,
        gt=0,
        description="Lengths of a partition without an export after which it is late",
        examples=["1.5"],
    )
    fresh_failed: float | None = Field(
        default=None, gt=0, description="… and after which that is an error", examples=["3"]
    )

    def applied_to(self, dataset: Dataset) -> Dataset:
        """Return the dataset as it is set here. Raises: ConfigError for what cannot be."""
        columns = self.column_map
        if self.time_column and dataset.time_column:
            if columns.get(dataset.time_column, self.time_column) != self.time_column:
                raise ConfigError(
                    f"time_column and column_map name {dataset.time_column!r} differently; leave one of them out"
                )
            columns = {**columns, dataset.time_column: self.time_column}
        dataset = dataset.renamed(TableName.parse(self.table) if self.table else None, columns)
        if self.side_table or self.side_column_map:
            dataset = dataset.joined_with(self.side_table, self.side_column_map)
        if self.naive_zone:
            dataset = dataset.in_zone(self.naive_zone)
        declared = dataset.freshness
        fresh = Freshness(self.fresh_late or declared.late, self.fresh_failed or declared.failed)
        dataset = replace(dataset, special_times=self.special_times or dataset.special_times, freshness=fresh)
        return customized(dataset, self.transforms, self.checks) if self.transforms or self.checks else dataset

    @field_validator("column_map", "side_column_map")
    @classmethod
    def _no_empty_name(cls, value: dict[str, str]) -> dict[str, str]:
        if empty := [name for name, theirs in value.items() if not theirs]:
            raise ValueError(f"the name of {', '.join(empty)} in the table is empty")
        return value
