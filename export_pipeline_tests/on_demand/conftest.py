"""One-off exports from the filled source into a folder or a bucket."""

from pathlib import Path

import pytest

from export_pipeline.settings import Settings
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.on_demand.exporting import DEAD, Exports, bucket_settings


@pytest.fixture
def exports(source_url: str, tmp_path: Path) -> Exports:
    """Give exports of the filled source into a fresh folder."""
    return Exports(Settings.load(source_url=source_url, root=str(tmp_path / "root")))


@pytest.fixture
def nowhere(tmp_path: Path) -> Exports:
    """Give exports of a source that nobody can connect to."""
    return Exports(Settings.load(source_url=DEAD, root=str(tmp_path / "root")))


@pytest.fixture
def in_bucket(source_url: str, bucket: Bucket) -> Exports:
    """Give exports of the filled source into a bucket."""
    return Exports(Settings.load(source_url=source_url, root=f"{bucket.url}/team", **bucket_settings(bucket)))
