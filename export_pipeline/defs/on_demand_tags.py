"""The tags of a run of the job `export`: what it is asked for, how far it is, what it published."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from dagster import OpExecutionContext

from export_pipeline.on_demand.request import Request
from export_pipeline.on_demand.run import Delivery
from export_pipeline.progress import Cadence, OnProgress, Progress

DATASETS_TAG: Final = "export/datasets"
FORMAT_TAG: Final = "export/format"
ROWS_TAG: Final = "export/rows"
BYTES_TAG: Final = "export/bytes"
FILES_TAG: Final = "export/files"
FINISHED_TAG: Final = "export/finished_at"
OUTPUT_TAG: Final = "export/output"
PROGRESS_TAG: Final = "export/progress"
PREVIEW_TAG: Final = "export/preview"
REQUESTED_BY_TAG: Final = "requested_by"

_MOST_CHARACTERS: Final = 600


def request_tags(request: Request) -> Mapping[str, str]:
    """Return what is asked for."""
    fields = request.fields
    tags = {DATASETS_TAG: ",".join(request.names), FORMAT_TAG: fields.format}
    if fields.requested_by:
        tags[REQUESTED_BY_TAG] = fields.requested_by
    if fields.output:
        tags[OUTPUT_TAG] = fields.output
    if fields.preview is not None:
        tags[PREVIEW_TAG] = str(fields.preview)
    return {name: _shortened(value) for name, value in tags.items()}


def result_tags(delivery: Delivery) -> Mapping[str, str]:
    """Return what was published."""
    return {
        ROWS_TAG: str(delivery.rows),
        BYTES_TAG: str(delivery.bytes),
        FILES_TAG: str(len(delivery.files)),
        FINISHED_TAG: datetime.now(UTC).isoformat(),
    }


def _shortened(text: str) -> str:
    """Return no more than the index over the tags takes: a third of a page, in characters of up to four bytes."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"


class ProgressTags:
    """Passes progress on to `forward`, and shows it every few seconds: a line in the log, and a tag of the run."""

    def __init__(self, context: OpExecutionContext, forward: OnProgress) -> None:
        self._context = context
        self._forward = forward
        self._cadences: dict[str, Cadence] = {}

    def __call__(self, progress: Progress) -> None:
        """Show `progress`."""
        self._forward(progress)
        if self._cadences.setdefault(progress.dataset, Cadence()).line_is_due(progress):
            self._context.log.info(str(progress))
            self._context.instance.add_run_tags(self._context.run_id, {PROGRESS_TAG: _in_json(progress)})


def _in_json(progress: Progress) -> str:
    return json.dumps(
        {
            "dataset": progress.dataset,
            "share": round(progress.share, 4),
            "rows": progress.rows,
            "total_rows": progress.total_rows,
            "rows_per_s": round(progress.rows_per_s),
            "eta_s": None if progress.remaining_s is None else round(progress.remaining_s, 1),
            "at": datetime.now(UTC).isoformat(),
        }
    )
