"""A project whose exports go to a folder, and one whose exports go to a bucket."""

import pytest

from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.object_store import Bucket


@pytest.fixture(params=["folder", "bucket"])
def anywhere(request: pytest.FixtureRequest, project: Project) -> Project:
    """Give the project with its exports in a folder, then in a bucket."""
    if request.param == "folder":
        return project
    bucket: Bucket = request.getfixturevalue("bucket")
    return in_bucket(project, bucket)


def in_bucket(project: Project, bucket: Bucket) -> Project:
    """Return the project with its exports in the bucket."""
    options = bucket.options
    return project.with_settings(
        root=f"{bucket.url}/team é",
        s3_endpoint_url=options.endpoint_url,
        s3_region=options.region,
        s3_path_style=True,
        s3_access_key_id=options.access_key_id,
        s3_secret_access_key=options.secret_access_key,
        s3_spool_folder=options.spool_folder,
    )
