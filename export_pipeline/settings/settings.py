"""All settings of one process, and what the rest of the project asks of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError

from export_pipeline.changes.pending import Published
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.partitioning import Partitioning
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.extract.reader import BatchLimits
from export_pipeline.extract.source import Source, Timeouts, conninfo_of
from export_pipeline.plan import ExportPlan
from export_pipeline.schemas.policy import CheckPolicy
from export_pipeline.settings.automation import AutomationSettings, StorageSettings
from export_pipeline.settings.contradictions import find_contradictions
from export_pipeline.settings.dataset import DatasetSettings
from export_pipeline.settings.destination import DestinationSettings, S3Settings
from export_pipeline.settings.exports import PRIMARY_FORMAT, BatchSettings, CheckSettings, PartitionSettings
from export_pipeline.settings.files import FileSettings
from export_pipeline.settings.group import Group
from export_pipeline.settings.layers import PREFIX, merged, read_layers
from export_pipeline.settings.mistakes import field_problems, said
from export_pipeline.settings.problem import Problem
from export_pipeline.settings.source import SourceSettings, TimeoutSettings, TlsSettings
from export_pipeline.write.destinations.destination import Destination
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS


class Settings(
    FileSettings,
    SourceSettings,
    TlsSettings,
    TimeoutSettings,
    StorageSettings,
    DestinationSettings,
    S3Settings,
    PartitionSettings,
    CheckSettings,
    BatchSettings,
    AutomationSettings,
):
    """The settings of one process; `load` reads them. No secret is in any text made of them."""

    datasets: dict[str, DatasetSettings] = Field(
        default_factory=dict,
        description="Settings of a single dataset, see below",
        examples=['{"logs": {"table": "ops.log_entries"}}'],
    )

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read `overrides`, the environment, `.env` and the YAML file; the first that has a setting decides.

        Raises: ConfigError with a line for each mistake: the setting, where it is written, why, an example.
        """
        layers = read_layers(overrides)
        joined, mistakes_of_joining = merged(layers)
        values = joined | overrides
        mistakes = [mistake for layer in layers for mistake in layer.mistakes]
        mistakes += mistakes_of_joining
        problems = list(find_contradictions(values))
        settings = None
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            problems += field_problems(error)
        else:
            problems += _dataset_problems(settings)
        mistakes += [said(problem, layers, cls) for problem in problems]
        if settings is None or mistakes:
            raise ConfigError(
                "\n".join(dict.fromkeys(mistakes))
            )  # outside of `except`: pydantic's error knows the values
        return settings

    @property
    def source(self) -> Source:
        """The database to export from. Raises: ConfigError when it is not set."""
        if not self.has_source:
            example = (self.__class__.model_fields["source_url"].examples or [""])[0]
            raise ConfigError(
                f"EXPORT_SOURCE_URL is not set; for example EXPORT_SOURCE_URL={example}; "
                "or give EXPORT_SOURCE_HOST, EXPORT_SOURCE_DATABASE and so on"
            )
        timeouts = Timeouts(
            connect_s=self.connect_timeout_s,
            lock_s=self.lock_timeout_s,
            statement_s=self.statement_timeout_s,
            idle_in_transaction_s=self.idle_in_transaction_timeout_s,
            network_silence_s=self.network_silence_s,
        )
        url = self.source_url.get_secret_value() if self.source_url else ""
        return Source(conninfo_of(url, self.libpq_parts() | self.libpq_tls()), timeouts)

    @property
    def root_url(self) -> str:
        """Where exports go, a path made absolute."""
        return self.root if "://" in self.root else str(Path(self.root).absolute())

    @property
    def destination(self) -> Destination:
        """Where exports go."""
        return open_destination(self.root_url, self.s3_options)

    @property
    def dagster_variables(self) -> dict[str, str]:
        """What `dagster.yaml` reads from the environment, wherever it is set here. It holds a password."""
        return {f"{PREFIX}STORAGE_URL": self.storage_url.get_secret_value()} if self.storage_url else {}

    @property
    def enabled_datasets(self) -> tuple[Dataset, ...]:
        """The datasets that are switched on, under their tables' own names."""
        return tuple(self.dataset(name) for name in DATASETS if self._own(name).enabled)

    def dataset(self, name: str) -> Dataset:
        """Return the dataset `name`, which must exist, as it is set."""
        dataset = self._as_set(name)
        related = {one.dataset for one in dataset.relations if one.dataset}
        return dataset.following({other: self._as_set(other) for other in related})

    def chosen(self, name: str, setting: str) -> Any:  # noqa: ANN401 - what the setting holds
        """Return the setting of the dataset `name`: its own, or else the one of all."""
        own = getattr(self._own(name), setting, None)
        return getattr(self, setting) if own is None else own

    def partitioning_of(self, name: str) -> Partitioning:
        """How the dataset is cut in time."""
        return Partitioning(self.first_partition, self.chosen(name, "partition_grain"), self.zone)

    def formats_of(self, name: str) -> tuple[str, ...]:
        """Return the formats that the dataset is written in besides Parquet."""
        formats: tuple[str, ...] = self.chosen(name, "formats")
        return formats

    def published_of(self, name: str) -> Published:
        """Where the dataset is published, and in which formats."""
        derived = tuple(FORMATS[fmt] for fmt in self.formats_of(name))
        return Published(self.destination, FORMATS[PRIMARY_FORMAT], derived)

    def limits_of(self, name: str) -> BatchLimits:
        """How large a batch of the dataset may get."""
        return BatchLimits(self.chosen(name, "batch_rows"), self.chosen(name, "batch_bytes"))

    def policy_of(self, name: str) -> CheckPolicy:
        """How the dataset's rows are checked."""
        return CheckPolicy(*(self.chosen(name, one) for one in ("validation_level", "on_invalid", "max_invalid_ratio")))

    def plan_of(self, name: str) -> ExportPlan:
        """Return the plan of an export of the dataset, as it is set. Raises: ConfigError."""
        return ExportPlan.whole(self.dataset(name), self.limits_of(name), self.policy_of(name))

    def _as_set(self, name: str) -> Dataset:
        return self._own(name).applied_to(DATASETS[name])

    def _own(self, name: str) -> DatasetSettings:
        return self.datasets.get(name, DatasetSettings())


GROUPS: Final[tuple[type[Group], ...]] = Settings.__bases__
"""The groups in the order of the documentation."""


def _dataset_problems(settings: Settings) -> Iterator[Problem]:
    """Yield why a dataset cannot be as it is set."""
    for name in (name for name in DATASETS if name in settings.datasets):
        try:
            _ = settings.plan_of(name).published_schema
        except ConfigError as error:
            yield Problem(("datasets", name), str(error))
