"""A dataset's run whose files go to a bucket: all formats, all checks, and what a downstream asset is given."""

import pyarrow as pa
import pytest

from export_pipeline.defs.loading import load_as
from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.object_store import Bucket


@pytest.fixture
def in_bucket(project: Project, bucket: Bucket) -> Project:
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


def test_a_run_publishes_every_format_to_a_bucket_and_its_checks_pass(
    in_bucket: Project, bucket: Bucket, days: list[str]
) -> None:
    result = in_bucket.run("logs", partition=days[0])
    assert result.success
    data = bucket.list_keys("team é/logs/")
    assert data == [
        f"team é/logs/{name}/date={days[0]}/data{FORMATS[name].extension}" for name in ("csv", "json", "parquet")
    ]
    (made,) = in_bucket.materializations(result, "logs").values()
    assert made.metadata["uri"].value == f"{bucket.url}/{data[2]}"
    assert f'read_parquet("{bucket.url}/{data[2]}")' in str(made.metadata["read_it"].value)
    evaluations = result.get_asset_check_evaluations()
    assert evaluations
    assert all(evaluation.passed for evaluation in evaluations), [one.metadata for one in evaluations if not one.passed]
    assert bucket.open_uploads() == []


def test_a_downstream_asset_is_given_the_rows_of_a_bucket(in_bucket: Project, days: list[str]) -> None:
    assert in_bucket.run("logs", partition=days[0], assets=["logs"]).success
    parquet = FORMATS["parquet"]
    target = Target.of_partition("logs", parquet, f"date={days[0]}")
    destination = open_destination(in_bucket.settings.root_url, in_bucket.settings.s3_options)
    table = load_as(pa.Table, destination, [target], parquet)
    manifest = destination.read_manifest(target)
    assert manifest is not None
    assert isinstance(table, pa.Table)
    assert table.num_rows == manifest.row_count
