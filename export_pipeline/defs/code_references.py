"""Where an asset is written: its dataset's declaration, and the function that makes assets of datasets.

Paths are those of the installed package. `link_code_references_to_git` turns them into links to a repository.
"""

import inspect
from collections.abc import Callable
from pathlib import Path

from dagster import CodeReferencesMetadataValue, LocalFileCodeReference

import export_pipeline.datasets
from export_pipeline.datasets.dataset import Dataset


def code_references(dataset: Dataset, maker: Callable[..., object]) -> CodeReferencesMetadataValue:
    """Return the references of an asset that `maker` makes of `dataset`."""
    declaration = Path(export_pipeline.datasets.__file__).with_name(f"{dataset.name}.py")
    file, line = inspect.getsourcefile(maker) or "", inspect.getsourcelines(maker)[1]
    return CodeReferencesMetadataValue(
        code_references=[
            LocalFileCodeReference(file_path=str(declaration), label=f"datasets/{declaration.name}"),
            LocalFileCodeReference(file_path=file, line_number=line, label=f"defs/{Path(file).name}"),
        ]
    )
