"""The datasets there are: one line each."""

from collections.abc import Mapping

from export_pipeline.datasets.anomalies import ANOMALIES
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.ips import IPS
from export_pipeline.datasets.logs import LOGS
from export_pipeline.errors import ConfigError


def by_name(*datasets: Dataset) -> Mapping[str, Dataset]:
    """Return the datasets by name. Raises: ConfigError for one that cannot be cut into partitions and compared."""
    for dataset in datasets:
        if dataset.time_column is None or not dataset.key:
            raise ConfigError(f"dataset {dataset.name} is exported by partition; declare its time_column and its key")
    return {dataset.name: dataset for dataset in datasets}


DATASETS: Mapping[str, Dataset] = by_name(LOGS, ANOMALIES, IPS)


def find_dataset(name: str) -> Dataset:
    """Return the dataset called `name`. Raises: ConfigError listing those there are."""
    if name not in DATASETS:
        raise ConfigError(f"there is no dataset {name!r}; choose one of {', '.join(DATASETS)}")
    return DATASETS[name]
