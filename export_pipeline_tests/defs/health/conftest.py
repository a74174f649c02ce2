"""The project with the address of its storage, which most tests have no need to know."""

import os

import pytest
from dagster import DagsterInstance

from export_pipeline.settings import Settings
from export_pipeline_tests.defs.project import Project


@pytest.fixture
def project(settings: Settings, instance: DagsterInstance) -> Project:
    """Give the project over the filled source."""
    return Project(settings, instance).with_settings(storage_url=os.environ["EXPORT_STORAGE_URL"])
