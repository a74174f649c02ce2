"""Waits for a place in the source's pool, in sight and in reach of Ctrl-C."""

import time
from typing import Final

from dagster import DagsterInstance
from rich.console import Console

from export_pipeline.defs.places import has_place
from export_pipeline.defs.pools import SOURCE_POOL

_LOOK_S: Final = 0.5


def await_place(instance: DagsterInstance, console: Console) -> None:
    """Return once there is a place; say so where that takes a while."""
    if has_place(instance):
        return
    console.print(
        f"waiting for other exports: the pool {SOURCE_POOL} is full, see dagster.yaml",
        highlight=False,
        soft_wrap=True,
    )
    while not has_place(instance):
        time.sleep(_LOOK_S)
