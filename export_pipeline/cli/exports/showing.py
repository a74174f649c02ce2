"""`export-pipeline show`: everything that is known of one export."""

import json

from export_pipeline.cli.exports.rendering import (
    bytes_text,
    count_text,
    print_json,
    print_table,
    seconds_text,
    time_text,
)
from export_pipeline.defs.exports.history import History
from export_pipeline.defs.exports.record import ExportRecord


def run_show(history: History, export_id: str, *, as_json: bool) -> None:
    """Print the export. Raises: ConfigError for an id that is none, or several."""
    record = history.find(export_id)
    if as_json:
        print_json(record.as_json())
        return
    print_table(("", record.id), [(name, text) for name, text in _lines(record).items() if text not in {"", "-"}])


def _lines(record: ExportRecord) -> dict[str, str]:
    return {
        "status": record.status,
        "requested": time_text(record.created_at),
        "requested by": record.requested_by or "",
        "started": time_text(record.started_at),
        "ended": time_text(record.ended_at),
        "took": seconds_text(record.seconds),
        "deleted": record.deleted_at or "",
        "datasets": ", ".join(record.datasets),
        "format": record.format or "",
        "rows": count_text(record.rows),
        "size": bytes_text(record.bytes),
        "files": count_text(record.files),
        "output": record.output or "",
        "progress": str(record.progress) if record.progress else "",
        "error": record.error or "",
        "request": json.dumps(dict(record.request), ensure_ascii=False, default=str),
    }
