"""`export-pipeline list`: the newest exports."""

from datetime import UTC, datetime

from export_pipeline.cli.exports.rendering import (
    bytes_text,
    count_text,
    print_json,
    print_table,
    say,
    seconds_text,
    time_text,
)
from export_pipeline.defs.exports.durations import parse_duration
from export_pipeline.defs.exports.history import History, Wanted
from export_pipeline.defs.exports.record import ExportRecord, find_status

_HEADER = ("id", "status", "requested (UTC)", "took", "datasets", "format", "rows", "size", "by", "")


def wanted_of(status: str | None, dataset: str | None, since: str | None) -> Wanted:
    """Return which exports the options name. Raises: ConfigError."""
    return Wanted(find_status(status) if status else None, dataset, _moment(since) if since else None)


def run_list(history: History, wanted: Wanted, before: str | None, limit: int, *, as_json: bool) -> None:
    """Print at most `limit` exports; with `before`, those requested before that one."""
    records = history.list(wanted, limit, before and history.find(before).id)
    if as_json:
        print_json([record.as_json() for record in records])
    elif records:
        print_table(_HEADER, [_row(record) for record in records])
    else:
        say("no such export")


def _row(record: ExportRecord) -> tuple[str, ...]:
    return (
        record.id,
        record.status,
        time_text(record.created_at),
        seconds_text(record.seconds),
        ", ".join(record.datasets) or "-",
        record.format or "-",
        count_text(record.rows),
        bytes_text(record.bytes),
        record.requested_by or "-",
        record.error or (str(record.progress) if record.progress else ""),
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC) - parse_duration("--since", text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
