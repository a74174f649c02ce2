"""What the tests of whole exports share: a filled database that nobody changes, and all of it exported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.embedded.sample import create_tables, fill
from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline_tests.conftest import LAST_DAY, SIZE
from export_pipeline_tests.flows.exporting_children import Children, children
from export_pipeline_tests.flows.running import DAYS, Exporter


@pytest.fixture(scope="session")
def filled_url(server: EmbeddedServer) -> str:
    """Give a database with the rows of `source_url`, to be read only."""
    server.create_database("flows_filled")
    url = server.url("flows_filled")
    create_tables(url)
    fill(url, SIZE, LAST_DAY)
    return url


@pytest.fixture(scope="session")
def published_root(filled_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with every dataset, day and format exported from `filled_url`, to be read only."""
    root = tmp_path_factory.mktemp("published")
    for dataset in DATASETS.values():
        exporter = Exporter(filled_url, root, dataset)
        for day in DAYS:
            exporter.run(day)
            for format_name in ("csv", "json", "jsonl"):
                exporter.derive(format_name, day)
    return root


@pytest.fixture(scope="session")
def staff() -> Iterator[Children]:
    """Give the program that exports in children of its own: it imports everything once."""
    with children() as running:
        yield running
