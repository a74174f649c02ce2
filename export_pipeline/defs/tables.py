"""The tables of a materialization: columns, sample rows, quality against its bounds, failed checks.

Cells hold whatever the rows hold, so they are cut, and escaped where they stand in Markdown.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from dagster import MetadataValue, TableColumn, TableColumnConstraints, TableRecord, TableSchema

from export_pipeline.schemas.failures import MASKED, Failure
from export_pipeline.schemas.thresholds import Threshold
from export_pipeline.write.schema_description import ColumnDescription

_CELL_CHARACTERS = 80
_LARGEST_EXACT = 2**53
_MARKUP = re.compile(r"[\\`*_{}\[\]<>()#+!|~-]")
_COUNTS: Final = frozenset({"rows", "invalid_rows"})
"""What the quality of an export holds beside its metrics."""

Cell = str | int | float | bool | None


def column_schema(columns: Sequence[ColumnDescription]) -> MetadataValue:
    """Return the published columns with type and description, as the UI's own schema table."""
    shown = [
        TableColumn(
            column.name,
            "json" if column.json else column.type,
            column.description,
            TableColumnConstraints(nullable=column.nullable),
        )
        for column in columns
    ]
    return MetadataValue.table_schema(TableSchema(shown))


def sample_table(names: Sequence[str], rows: Sequence[Mapping[str, object]], personal: frozenset[str]) -> MetadataValue:
    """Return `rows` with long cells cut, and those of `personal` columns masked."""
    return _table(names, [[_cell(row[name], masked=name in personal) for name in names] for row in rows])


def quality_table(quality: Mapping[str, object], thresholds: Sequence[Threshold]) -> MetadataValue:
    """Return a row a bound, and one for each metric without: kept, broken, not measured or no bound."""
    rows: list[Sequence[Cell]] = []
    for metric in (name for name in quality if name not in _COUNTS):
        value = _cell(quality[metric])
        bounds = [threshold for threshold in thresholds if threshold.metric == metric]
        rows += [(metric, value, str(bound).removeprefix(f"{metric} "), _verdict(bound, quality)) for bound in bounds]
        if not bounds:
            rows.append((metric, value, None, "not measured" if value is None else "no bound"))
    return _table(("metric", "value", "bound", "verdict"), rows)


def failures_table(failures: Sequence[Failure]) -> MetadataValue:
    """Return the sample of what validation found wrong, as Markdown."""
    if not failures:
        return MetadataValue.md("none")
    rows = [(one.column, one.check, _cell(one.value), _cell(one.key)) for one in failures]
    lines = ["| " + " | ".join(markdown(str(cell)) for cell in row) + " |" for row in rows]
    return MetadataValue.md("\n".join(["| column | check | value | key |", "| --- | --- | --- | --- |", *lines]))


def markdown(text: str) -> str:
    """Return `text`, which may be anything a row holds, as it stands inside a line of Markdown."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def _verdict(threshold: Threshold, quality: Mapping[str, object]) -> str:
    kept = threshold.judge(quality)
    if kept is None:
        return "not measured"
    return "kept" if kept else f"broken ({threshold.severity.value})"


def _table(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> MetadataValue:
    records = [TableRecord(dict(zip(names, row, strict=True))) for row in rows]
    return MetadataValue.table(records, TableSchema([TableColumn(name) for name in names]))


def _cell(value: object, *, masked: bool = False) -> Cell:
    """Return what a table in the UI shows; JavaScript knows no NaN, and no exact integer above 2**53."""
    if value is None:
        return None
    if masked:
        return MASKED
    if isinstance(value, int | float) and abs(value) <= _LARGEST_EXACT:
        return value
    text = json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return text if len(text) <= _CELL_CHARACTERS else text[: _CELL_CHARACTERS - 1] + "…"
