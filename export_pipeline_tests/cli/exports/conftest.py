"""An installation of settings alone, whose exports the commands are asked about."""

from collections.abc import Mapping

import pytest

from export_pipeline.settings import Settings
from export_pipeline_tests.defs.conftest import instance, project, settings, storage_template, storage_url
from export_pipeline_tests.defs.project import Project

__all__ = ["instance", "project", "settings", "storage_template", "storage_url"]  # fixtures


@pytest.fixture
def environ(project: Project, storage_url: str) -> Mapping[str, str]:
    """Give the environment of an installation that has a storage, a source and a folder."""
    return environ_of(project.settings, project, storage_url)


def environ_of(settings: Settings, project: Project, storage_url: str) -> Mapping[str, str]:
    return {
        "DAGSTER_HOME": str(project.instance.root_directory),
        "EXPORT_STORAGE_URL": storage_url.replace("postgresql://", "postgresql+psycopg2://"),
        "EXPORT_SOURCE_URL": settings.source.conninfo,
        "EXPORT_ROOT": settings.root,
    }
