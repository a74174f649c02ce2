"""What `export-pipeline export` says before it starts, and the question that it asks before a large one."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.filesize import decimal

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.estimate import Estimate, estimate
from export_pipeline.on_demand.item import Item
from export_pipeline.on_demand.origin import Origin
from export_pipeline.on_demand.request import Request
from export_pipeline.preflight.backfill import in_time

_ASKED_FROM_ROWS: Final = 10_000_000
_ASKED_FROM_SECONDS: Final = 600


def announce(request: Request, console: Console, *, yes: bool) -> None:
    """Say what is about to be done; of a large export ask whether to go on, where somebody sits at a terminal.

    Raises: ConfigError when the answer is no, and what makes the request impossible.
    """
    source = request.settings.source
    items = request.items(source, Origin())
    # Where nobody looks, many exports may begin at once, and none of them has a place in the pool yet: no sample.
    fmt = request.packing.fmt if console.is_terminal else None
    whole = [_announce(item, estimate(item, source, fmt), console) for item in items]
    if _is_large(whole, request) and not yes and sys.stdin.isatty() and sys.stderr.isatty():
        answer = console.input("That is a large export. Go on? (y/N) ")
        if answer.strip().lower() not in {"y", "yes"}:
            raise ConfigError("nothing was exported; narrow it with --start, --end or --filter, or answer with --yes")


def _announce(item: Item, found: Estimate, console: Console) -> Estimate:
    size = "" if found.bytes is None else f", {decimal(found.bytes)}"
    seconds = "" if found.seconds is None else f", {in_time(found.seconds)}"
    _say(console, f"{item.name}: about {found.rows:,} rows{size}{seconds}")
    if item.plan.predicate:
        _say(console, f"{item.name}: the source is asked for {item.plan.predicate}")
    if item.plan.shape.kept:
        _say(console, f"{item.name}: after the transforms, what is kept is {item.plan.shape.kept}")
    return found


def _is_large(found: Sequence[Estimate], request: Request) -> bool:
    size = sum(one.bytes or 0 for one in found)
    return (
        sum(one.rows for one in found) >= _ASKED_FROM_ROWS
        or sum(one.seconds or 0 for one in found) >= _ASKED_FROM_SECONDS
        or size > _free_bytes(request)
    )


def _free_bytes(request: Request) -> float:
    """Return what is free where the files go; no limit where that is a bucket."""
    place = request.packing.output or request.settings.root_url
    if "://" in place:
        return float("inf")
    folder = next(one for one in (Path(place).absolute(), *Path(place).absolute().parents) if one.is_dir())
    return shutil.disk_usage(folder).free


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
