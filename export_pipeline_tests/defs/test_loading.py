"""What a downstream asset gets of what is published: by its annotation, over one partition or several."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from dagster import (
    AssetIn,
    AssetKey,
    AssetsDefinition,
    BackfillPolicy,
    ExecuteInProcessResult,
    asset,
    materialize,
)
from dagster._utils.warnings import disable_dagster_warnings

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.defs.assets import dataset_assets
from export_pipeline.defs.io_managers import io_managers
from export_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG, partitions_definition
from export_pipeline.errors import CorruptFileError
from export_pipeline.plan import ExportPlan
from export_pipeline.progress import ignore_progress
from export_pipeline.settings import Settings
from export_pipeline_tests.defs.project import Project, failures
from export_pipeline_tests.flows.running import Exporter

Look = Callable[[object], object]


@pytest.fixture
def published(project: Project, days: list[str]) -> Project:
    """Give the project with the addresses published, which are few."""
    exporter = Exporter(project.settings.source.conninfo, Path(project.settings.root), DATASETS["ips"])
    for day in days:
        exporter.run(day)
    return project


@pytest.mark.parametrize("annotation", [pd.DataFrame, pl.DataFrame, pa.Table, pa.RecordBatchReader])
def test_an_input_is_what_its_annotation_asks_for(published: Project, days: list[str], annotation: type) -> None:
    seen: list[object] = []

    def look(rows: object) -> None:
        assert type(rows) is annotation
        seen.append(_addresses(rows))

    assert failures(consume(published, annotation, look, (days[0], days[0]))) == {}
    assert seen[0] == _addresses(pl.read_parquet(_file(published.settings, days[0])))


@pytest.mark.parametrize("annotation", [pl.DataFrame, pa.RecordBatchReader])
def test_partitions_come_one_behind_the_other(published: Project, days: list[str], annotation: type) -> None:
    seen: list[object] = []

    def look(rows: object) -> None:
        seen.append(_addresses(rows))

    assert consume(published, annotation, look, (days[0], days[-1])).success
    expected = [row for day in days for row in _addresses(pl.read_parquet(_file(published.settings, day)))]
    assert len(expected) == 60
    assert seen[0] == expected


def test_a_reader_streams_and_opens_a_file_only_when_it_gets_there(published: Project, days: list[str]) -> None:
    seen: list[int] = []

    def look(reader: object) -> None:
        assert isinstance(reader, pa.RecordBatchReader)
        _file(published.settings, days[2]).unlink()
        with pytest.raises(CorruptFileError, match=days[2]):
            seen.extend(batch.num_rows for batch in reader)

    assert consume(published, pa.RecordBatchReader, look, (days[0], days[-1])).success
    assert sum(seen) == sum(pl.read_parquet(_file(published.settings, day)).height for day in days[:2])


def test_a_plan_reads_what_is_published(published: Project, days: list[str]) -> None:
    seen: list[object] = []
    assert consume(published, ExportPlan, seen.append, (days[0], days[0])).success
    assert seen == [ExportPlan.published(published.settings.dataset("ips"))]


@pytest.mark.parametrize("annotation", [dict, object])
def test_any_other_annotation_is_refused_with_those_there_are(
    published: Project, days: list[str], annotation: type
) -> None:
    (message,) = failures(consume(published, annotation, ignore, (days[0], days[0]))).values()
    assert "annotate it as one of pyarrow.RecordBatchReader, pyarrow.Table, pandas.DataFrame" in message
    assert "polars.DataFrame, export_pipeline.ExportPlan" in message


def test_a_format_that_is_not_read_back_points_at_parquet(published: Project, days: list[str]) -> None:
    result = consume(published, pa.Table, ignore, (days[0], days[0]), upstream="ips_csv")
    (message,) = failures(result).values()
    assert "csv files are not read back; depend on the Parquet asset instead" in message


def test_a_partition_that_is_not_published_is_named(project: Project, days: list[str]) -> None:
    Exporter(project.settings.source.conninfo, Path(project.settings.root), DATASETS["ips"]).run(days[0])
    (message,) = failures(consume(project, pa.Table, ignore, (days[0], days[-1]))).values()
    assert f"ips: date={days[1]}, date={days[2]} is not published yet; materialize it first" in message


def test_partitions_of_different_columns_are_not_stitched(published: Project, days: list[str]) -> None:
    path = _file(published.settings, days[1])
    pl.read_parquet(path).drop("tags").write_parquet(path)
    (message,) = failures(consume(published, pa.Table, ignore, (days[0], days[-1]))).values()
    assert f"date={days[1]}/data.parquet: was published with other columns" in message


def consume(
    project: Project, annotation: object, look: Look, span: tuple[str, str], upstream: str = "ips"
) -> ExecuteInProcessResult:
    """Materialize an asset whose function is `look`, with one input: `upstream` as `annotation`, over `span`."""
    upstream_assets = dataset_assets(project.settings.dataset("ips"), project.settings)
    return materialize(
        [*upstream_assets, _consumer(project.settings, annotation, look, upstream)],
        selection=[AssetKey("consumer")],
        instance=project.instance,
        resources=io_managers(project.settings, ignore_progress),
        tags={RANGE_START_TAG: span[0], RANGE_END_TAG: span[1]},
        raise_on_error=False,
    )


def ignore(_: object) -> None:
    """Look at nothing: the input does not arrive."""


def _consumer(settings: Settings, annotation: object, look: Look, upstream: str) -> AssetsDefinition:
    def consumer(rows: object) -> None:
        look(rows)

    consumer.__annotations__["rows"] = annotation
    with disable_dagster_warnings():  # backfill policies are beta
        return asset(
            ins={"rows": AssetIn(upstream)},
            partitions_def=partitions_definition(settings.partitioning_of("ips")),
            backfill_policy=BackfillPolicy.single_run(),
        )(consumer)


def _file(settings: Settings, day: str) -> Path:
    return Path(settings.root, "ips", "parquet", f"date={day}", "data.parquet")


def _addresses(rows: Any) -> list[str]:  # noqa: ANN401 - any of the four kinds
    table = rows.read_all() if isinstance(rows, pa.RecordBatchReader) else rows
    return list(pl.DataFrame(table)["address"])
