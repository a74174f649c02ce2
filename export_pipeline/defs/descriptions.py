"""What the ops of a dataset's graph say in the UI: what each does for this dataset, and where the time goes."""

import json
from collections.abc import Iterable, Mapping
from typing import cast

from export_pipeline.datasets.columns import SourceColumn
from export_pipeline.datasets.dataset import Dataset
from export_pipeline.transforms.description import describe
from export_pipeline.transforms.transform import Input, Transform

_LATER = "Takes no time itself: it happens batch by batch while `publish` runs."


def extract_description(dataset: Dataset) -> str:
    """Say which table is read, by which time, and which of its columns."""
    columns = (f"`{column.selected.source_name}` {column.pg_type}" for column in dataset.columns)
    return _paragraphs(
        f"Read the rows of a partition of `{dataset.table}` in one snapshot, by "
        f"`{dataset.selection.placing_time.source_name}`. {_LATER}",
        _list(columns),
    )


def validate_description(dataset: Dataset) -> str:
    """Say which rules each column is held to."""
    key = ", ".join(f"`{name}`" for name in dataset.key)
    rules = (f"`{column.name}`: {', '.join(said)}" for column in dataset.columns if (said := _rules(column)))
    return _paragraphs(
        f"Check the types of all columns and the rules of the dataset's pandera schema. {_LATER}",
        _list((*rules, f"the key, {key}: each there once")),
        "`basic` checks what is required and the domains; `strict` checks every rule.",
    )


def transform_description(transform: Transform) -> str:
    """Say what the transform does, with which parameters, and what it makes of what."""
    parameters = cast("Mapping[str, object]", describe(transform)["parameters"])
    given = (f"`{name}`: {_value(value)}" for name, value in parameters.items() if value is not None)
    made = (f"makes `{output}` of {_inputs(inputs)}" for output, inputs in transform.lineage().items())
    return _paragraphs(f"{_first_paragraph(type(transform))} {_LATER}", _list((*given, *made)))


def publish_description(dataset: Dataset) -> str:
    """Say what is published, and that the time goes here."""
    return _paragraphs(
        "Run the plan: stream the rows of each partition through checks and transforms into a Parquet file, and "
        "publish it whole. **All the rows flow here, and here the time goes.**",
        f"{len(dataset.columns)} columns of the source and {len(dataset.derived)} made of them. How long each stage "
        "was busy stands in the materialization's metadata.",
    )


def _rules(column: SourceColumn) -> list[str]:
    required = ["required"] if column.required else []
    return [*required, *(f"{rule.name} ({rule.kind.value})" for rule in column.rules)]


def _first_paragraph(described: type) -> str:
    return " ".join((described.__doc__ or "").split("\n\n")[0].split())


def _value(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _inputs(inputs: Iterable[Input]) -> str:
    return " and ".join(f"`{one.table}.{one.column}`" if one.table else f"`{one.column}`" for one in inputs)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"* {item}" for item in items)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(parts)
