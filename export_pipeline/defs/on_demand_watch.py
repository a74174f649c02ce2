"""Ends a run in the command line's own process, which Dagster cannot tell to end, as soon as it is canceled.

Whoever cancels it, `export-pipeline cancel` or the UI, only marks the run; its process looks every three seconds.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Final

from dagster import DagsterInstance, DagsterRunStatus

from export_pipeline.defs.watch import watched

_COMMAND_TAG: Final = "export/command_run"
"""Of a run in the command line's own process, with the run's id: a re-execution takes tags over, and runs elsewhere."""

_CANCELED: Final = frozenset({DagsterRunStatus.CANCELING, DagsterRunStatus.CANCELED})


def ends_when_marked(run_id: str, tags: Mapping[str, str]) -> bool:
    """Whether the run's process looks whether somebody has marked the run as being canceled."""
    return tags.get(_COMMAND_TAG) == run_id


@contextmanager
def interrupted_when_canceled(instance: DagsterInstance, run_id: str) -> Iterator[None]:
    """While the block runs, interrupt this process, as Ctrl-C does, when somebody cancels the run."""
    if instance.is_ephemeral:  # nobody else knows of it
        yield
        return
    instance.add_run_tags(run_id, {_COMMAND_TAG: run_id})

    def is_canceled() -> bool:
        run = instance.get_run_by_id(run_id)
        return run is not None and run.status in _CANCELED

    with watched(is_canceled, partial(os.kill, os.getpid(), signal.SIGINT)):
        yield
