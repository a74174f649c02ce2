"""The datasets there are: one line each."""

from collections.abc import Mapping

from export_pipeline.datasets.anomalies import ANOMALIES
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.ips import IPS
from export_pipeline.datasets.logs import LOGS
from export_pipeline.errors import ConfigError

DATASETS: Mapping[str, Dataset] = {dataset.name: dataset for dataset in (LOGS, ANOMALIES, IPS)}


def find_dataset(name: str) -> Dataset:
    """Return the dataset called `name`. Raises: ConfigError listing those there are."""
    if name not in DATASETS:
        raise ConfigError(f"there is no dataset {name!r}; choose one of {', '.join(DATASETS)}")
    return DATASETS[name]
