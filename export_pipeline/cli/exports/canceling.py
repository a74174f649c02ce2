"""`export-pipeline cancel`: the end of an export that is queued or running."""

from export_pipeline.cli.exports.rendering import say
from export_pipeline.defs.exports.history import History


def run_cancel(history: History, export_id: str) -> None:
    """Ask for the end of an export. Raises: ConfigError where it cannot be reached."""
    record = history.find(export_id)
    if record.status.has_ended:
        say(f"{record.id} has ended already: {record.status}")
        return
    history.runs.cancel(record.id)
    now = history.find(record.id).status
    say(f"{record.id} is {now}" if now.has_ended else f"{record.id} is asked to end; `status --watch` waits for it")
