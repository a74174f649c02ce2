"""What a materialization shows in the UI: figures to plot, the schema, sample rows, where the file is."""

import json
import re
from collections.abc import Mapping

from dagster import MetadataValue, TableColumn, TableColumnConstraints, TableRecord, TableSchema

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.flow import Outcome
from export_pipeline.schemas.failures import MASKED
from export_pipeline.write.manifest import Manifest

_CELL_CHARACTERS = 80
_LARGEST_EXACT = 2**53
_MARKUP = re.compile(r"[\\`*_{}\[\]<>()#+!|~-]")


def materialization_metadata(outcome: Outcome, dataset: Dataset) -> Mapping[str, MetadataValue]:
    """Return the metadata of one published partition; long cells are cut, personal columns masked."""
    manifest = outcome.manifest
    return {
        **_figures(manifest),
        "uri": MetadataValue.url(outcome.uri),
        "dagster/column_schema": _column_schema(manifest),
        "sample": _sample(outcome, dataset),
        "quality": MetadataValue.json(dict(manifest.quality or {})),
        "failures": MetadataValue.md(_failures(outcome)),
        "stages_s": MetadataValue.json(dict(manifest.stages)),
        "warnings": MetadataValue.md("\n".join(f"* {warning}" for warning in outcome.warnings) or "none"),
    }


def _figures(manifest: Manifest) -> Mapping[str, MetadataValue]:
    """Return the numbers that the UI plots over time."""
    seconds = (manifest.finished_at - manifest.started_at).total_seconds()
    return {
        "dagster/partition_row_count": MetadataValue.int(manifest.row_count),
        "row_count": MetadataValue.int(manifest.row_count),
        "source_count": MetadataValue.int(manifest.source_count),
        "invalid_count": MetadataValue.int(manifest.invalid_count),
        "quarantined_count": MetadataValue.int(manifest.quarantined_count),
        "bytes": MetadataValue.int(manifest.bytes),
        "seconds": MetadataValue.float(round(seconds, 3)),
        "rows_per_s": MetadataValue.int(round(manifest.row_count / seconds) if seconds else 0),
    }


def _column_schema(manifest: Manifest) -> MetadataValue:
    columns = [
        TableColumn(
            column.name,
            "json" if column.json else column.type,
            column.description,
            TableColumnConstraints(nullable=column.nullable),
        )
        for column in manifest.arrow_schema
    ]
    return MetadataValue.table_schema(TableSchema(columns))


def _sample(outcome: Outcome, dataset: Dataset) -> MetadataValue:
    personal = _personal(dataset)
    names = [column.name for column in outcome.manifest.arrow_schema]
    records = [
        TableRecord({name: _cell(row[name], masked=name in personal) for name in names})
        for row in outcome.account.sample
    ]
    return MetadataValue.table(records, TableSchema([TableColumn(name) for name in names]))


def _failures(outcome: Outcome) -> str:
    if not outcome.account.failures:
        return "none"
    rows = [(one.column, one.check, _cell(one.value), _cell(one.key)) for one in outcome.account.failures]
    lines = ["| " + " | ".join(_markdown(str(cell)) for cell in row) + " |" for row in rows]
    return "\n".join(["| column | check | value | key |", "| --- | --- | --- | --- |", *lines])


def _personal(dataset: Dataset) -> set[str]:
    return {column.name for column in dataset.columns if column.personal}


def _cell(value: object, *, masked: bool = False) -> str | int | float | bool | None:
    """Return what a table in the UI shows; JavaScript knows no NaN, and no exact integer above 2**53."""
    if value is None or isinstance(value, bool):
        return value
    if masked:
        return MASKED
    if isinstance(value, int | float) and abs(value) <= _LARGEST_EXACT:
        return value
    text = json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return text if len(text) <= _CELL_CHARACTERS else text[: _CELL_CHARACTERS - 1] + "…"


def _markdown(text: str) -> str:
    """Return `text`, which may be anything a row holds, as it stands inside a Markdown table."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
