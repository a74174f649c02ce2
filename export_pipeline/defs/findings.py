"""Findings as metadata of a run: one Markdown table."""

from collections.abc import Sequence

from dagster import MetadataValue

from export_pipeline.defs.tables import markdown
from export_pipeline.preflight.finding import Finding


def findings_table(findings: Sequence[Finding]) -> MetadataValue:
    """Return the findings in their order, one a row."""
    rows = [(one.state.mark, one.subject, one.found, one.next_step) for one in findings]
    lines = ["| " + " | ".join(markdown(cell) for cell in row) + " |" for row in rows]
    return MetadataValue.md("\n".join(["| | what | found | next |", "| --- | --- | --- | --- |", *lines]))
