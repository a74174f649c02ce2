"""What a materialization shows in the UI: figures to plot, charts, tables, and where the file is.

The tables are made in `tables.py`, the charts in `charts.py`. `docs/materialization-metadata.md` says what each entry
means.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from dagster import MetadataValue

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.charts import timeline_chart, values_chart
from export_pipeline.defs.tables import column_schema, failures_table, markdown, quality_table, sample_table
from export_pipeline.flow import Outcome
from export_pipeline.row_counts import RowCounts
from export_pipeline.write.formats.reading import reading_code
from export_pipeline.write.formats.registry import find_format
from export_pipeline.write.manifest import Manifest

_STAGES: Final = ("extract", "read", "validate", "write")
"""Stages that have an entry of their own; all others are transforms."""

Metadata = Mapping[str, MetadataValue]


def materialization_metadata(outcome: Outcome, dataset: Dataset) -> Metadata:
    """Return the metadata of one published partition; long cells are cut, personal columns masked."""
    manifest, quality = outcome.manifest, outcome.manifest.quality or {}
    names = [column.name for column in manifest.arrow_schema]
    warnings = "\n".join(f"* {markdown(warning)}" for warning in outcome.warnings)
    return {
        **_figures(manifest),
        **_charts(outcome.account.counts),
        **_places(outcome),
        "quality": quality_table(quality, dataset.thresholds),
        **_shares(quality),
        **_seconds(manifest.stages),
        "dagster/column_schema": column_schema(manifest.arrow_schema),
        "sample": sample_table(names, outcome.account.sample, dataset.personal_columns),
        **({} if manifest.source_export_id else {"failures": failures_table(outcome.account.failures)}),
        "warnings": MetadataValue.md(warnings or "none"),
    }


def _figures(manifest: Manifest) -> Metadata:
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


def _seconds(stages: Mapping[str, float]) -> Metadata:
    """Return the seconds each stage was busy, to plot; the transforms in one sum, and each of them as JSON."""
    transforms = {name: seconds for name, seconds in stages.items() if name not in _STAGES}
    busy = {**stages, "transforms": round(sum(transforms.values()), 4)} if transforms else stages
    plotted = {f"seconds_{name}": MetadataValue.float(busy[name]) for name in (*_STAGES, "transforms") if name in busy}
    return plotted | ({"transforms_s": MetadataValue.json(transforms)} if transforms else {})


def _shares(quality: Mapping[str, object]) -> Metadata:
    """Return the quality metrics that were measured, to plot."""
    return {
        f"quality_{name}": MetadataValue.float(value) for name, value in quality.items() if isinstance(value, float)
    }


def _charts(counts: RowCounts) -> Metadata:
    """Return a chart for each count that has rows."""
    charts = {}
    if counts.timeline and counts.timeline.rows.any():
        charts["chart_over_time"] = MetadataValue.md(timeline_chart(counts.timeline))
    if counts.values and counts.values.rows:
        charts[f"chart_by_{counts.values.column}"] = MetadataValue.md(values_chart(counts.values))
    return charts


def _places(outcome: Outcome) -> Metadata:
    """Return where the file and its manifest are, and what to type to read it."""
    manifest = outcome.manifest
    code = "\n".join(reading_code(find_format(manifest.format), _location(outcome.uri)).values())
    return {
        "uri": _place(outcome.uri),
        "manifest": _place(outcome.manifest_uri),
        **({"quarantine": _place(outcome.quarantine_uri)} if outcome.quarantine_uri else {}),
        "read_it": MetadataValue.md(f"```\n{code}\n```"),
    }


def _place(uri: str) -> MetadataValue:
    """Return a local file as a path to copy, since browsers follow no link to it; anything else as a link."""
    return MetadataValue.path(_location(uri)) if uri.startswith("file://") else MetadataValue.url(uri)


def _location(uri: str) -> str:
    return unquote(urlsplit(uri).path) if uri.startswith("file://") else uri
