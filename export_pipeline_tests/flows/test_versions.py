"""Every dataset of every server version that is at hand: what is published equals what SQL finds."""

from pathlib import Path

import psycopg
import pytest

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.running import DAYS, Exporter
from export_pipeline_tests.flows.test_exactness import (
    AS_TEXT,
    RAW_COLUMNS,
    facts_by_duckdb,
    facts_of_source,
    published_rows,
)
from export_pipeline_tests.servers import Cluster


@pytest.mark.parametrize("name", list(DATASETS))
def test_what_is_published_is_the_source(any_source_url: str, sql: RunSql, tmp_path: Path, name: str) -> None:
    dataset = DATASETS[name]
    for day in DAYS:
        Exporter(any_source_url, tmp_path, dataset).run(day)
    assert facts_by_duckdb(tmp_path / name / "parquet", dataset) == facts_of_source(any_source_url, dataset, sql)
    columns = RAW_COLUMNS[name]
    selected = ", ".join(AS_TEXT.get(column, f'"{column}"') for column in columns)
    expected = {row[0]: row for row in sql(any_source_url, f"select {selected} from {dataset.table}")}
    found = {row[columns[0]]: tuple(row[column] for column in columns) for row in published_rows(tmp_path, name)}
    assert found == expected


@pytest.mark.system
def test_the_servers_are_of_different_versions(server: EmbeddedServer, older_server: Cluster) -> None:
    majors = []
    for url in (server.url("postgres"), older_server.url()):
        with psycopg.connect(url) as connection:
            majors.append(connection.info.server_version // 10000)
    assert 13 <= majors[1] < majors[0]
