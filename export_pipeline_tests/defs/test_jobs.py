"""One job a dataset, over its Parquet and every format made of it."""

import pytest

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.definitions import build_definitions
from export_pipeline.settings import Settings


@pytest.mark.parametrize("name", DATASETS)
def test_a_datasets_job_exports_it_in_every_format(name: str, settings: Settings) -> None:
    job = build_definitions(settings).resolve_job_def(f"{name}_job")
    made = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert made == {name, f"{name}_csv", f"{name}_json"}
    assert job.tags["dataset"] == name
