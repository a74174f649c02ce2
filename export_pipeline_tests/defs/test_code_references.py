"""Code references: files that are there, the dataset's own first."""

from pathlib import Path

import pytest
from dagster import AssetKey

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.definitions import build_definitions
from export_pipeline.settings import Settings


@pytest.mark.parametrize("name", DATASETS)
def test_an_asset_leads_to_its_declaration_and_to_the_function_that_makes_it(name: str, settings: Settings) -> None:
    graph = build_definitions(settings).resolve_asset_graph()
    for asset, maker in ((name, "def parquet_asset("), (f"{name}_csv", "def derived_asset(")):
        declared, made = graph.get(AssetKey(asset)).metadata["dagster/code_references"].value.code_references
        assert f'name="{name}"' in Path(declared.file_path).read_text(encoding="utf-8")
        lines = Path(made.file_path).read_text(encoding="utf-8").splitlines()
        assert lines[made.line_number - 1].startswith(maker)
