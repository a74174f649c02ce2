"""An installation of settings alone, whose exports the commands are asked about; and one beside a webserver."""

import signal
from collections.abc import Iterator, Mapping

import pytest

from export_pipeline.settings import Settings
from export_pipeline_tests.cli import graphql
from export_pipeline_tests.cli.conftest import Demo
from export_pipeline_tests.cli.dev_process import start_dev
from export_pipeline_tests.cli.exports.from_rest import Reader
from export_pipeline_tests.defs.conftest import instance, project, settings, storage_template, storage_url
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.processes import wait_until

__all__ = ["instance", "project", "settings", "storage_template", "storage_url"]  # fixtures


@pytest.fixture
def environ(project: Project, storage_url: str) -> Mapping[str, str]:
    """Give the environment of an installation that has a storage, a source and a folder."""
    return environ_of(project.settings, project, storage_url)


@pytest.fixture(scope="module")
def reader(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Run `dev` over the demo's home, with somebody beside it."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / ".export_pipeline").symlink_to(demo.home.folder)
    dev = start_dev(demo.home.folder)
    wait_until(lambda: dev.process.poll() is not None or graphql.is_up(dev.port), 120, "the UI does not answer")
    yield Reader(dev, folder)
    if dev.process.poll() is None:
        dev.stop(signal.SIGINT, 60)


def environ_of(settings: Settings, project: Project, storage_url: str) -> Mapping[str, str]:
    return {
        "DAGSTER_HOME": str(project.instance.root_directory),
        "EXPORT_STORAGE_URL": storage_url.replace("postgresql://", "postgresql+psycopg2://"),
        "EXPORT_SOURCE_URL": settings.source.conninfo,
        "EXPORT_ROOT": settings.root,
    }


def bucket_environ(bucket: Bucket) -> Mapping[str, str]:
    """Return the settings by which the bucket is reached, without the root."""
    options = bucket.options
    return {
        "EXPORT_S3_ENDPOINT_URL": str(options.endpoint_url),
        "EXPORT_S3_REGION": str(options.region),
        "EXPORT_S3_PATH_STYLE": "true",
        "EXPORT_S3_ACCESS_KEY_ID": str(options.access_key_id),
        "EXPORT_S3_SECRET_ACCESS_KEY": str(options.secret_access_key),
        "EXPORT_S3_SPOOL_FOLDER": str(options.spool_folder),
    }
