"""`export-pipeline delete` and `cleanup`: exports by id, and by age."""

import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.prompt import Confirm

from export_pipeline.cli.exports.opening import Access
from export_pipeline.cli.exports.rendering import bytes_text, print_json, print_table, say
from export_pipeline.defs.exports.deleting import Removal, require_ended, require_ours
from export_pipeline.defs.exports.durations import parse_duration
from export_pipeline.defs.exports.record import Status
from export_pipeline.errors import ConfigError


def run_delete(access: Access, export_ids: Sequence[str], *, is_sure: bool) -> None:
    """Delete these exports. Raises: ConfigError before any is touched when one is not known or has not ended."""
    records = {record.id: record for record in map(access.history.find, export_ids)}
    require_ended(list(records.values()))
    require_ours(list(records.values()))
    for record in records.values():
        if record.status is Status.DELETED:
            say(f"{record.id} was deleted already, at {record.deleted_at}")
    left = [record.id for record in records.values() if record.status is not Status.DELETED]
    if not left or not _is_sure(f"Delete the files of {', '.join(left)}?", is_sure=is_sure):
        return
    for removal in access.remove(left, None, dry_run=False):
        say(f"{removal.id} is deleted ({bytes_text(removal.bytes)})")


def run_cleanup(access: Access, older_than: str, *, is_dry: bool, is_sure: bool, as_json: bool) -> None:
    """Delete what ended longer ago than `older_than`. Raises: ConfigError, ExportError of the storage."""
    age = parse_duration("--older-than", older_than)
    if not is_dry and not is_sure and (found := access.remove([], age, dry_run=True)):
        for one in found:
            say(f"{one.id} {bytes_text(one.bytes)}: {one.why}")
        if not _is_sure(f"Delete these {len(found)}, {bytes_text(sum(one.bytes for one in found))}?", is_sure=False):
            return
    _show(access.remove([], age, dry_run=is_dry), is_dry=is_dry, as_json=as_json)


def _is_sure(question: str, *, is_sure: bool) -> bool:
    """Ask at a terminal. Raises: ConfigError where there is nobody to ask."""
    if is_sure:
        return True
    if not sys.stdin.isatty():
        raise ConfigError("nobody is there to ask: add --yes to delete without a question")
    return Confirm.ask(question, default=False, console=Console(stderr=True))


def _show(removals: Sequence[Removal], *, is_dry: bool, as_json: bool) -> None:
    if as_json:
        print_json([asdict(removal) for removal in removals])
    elif removals:
        print_table(("id", "size", ""), [(one.id, bytes_text(one.bytes), one.why) for one in removals])
    if not as_json:
        say(f"{len(removals)} {'would be deleted' if is_dry else 'deleted'}")
