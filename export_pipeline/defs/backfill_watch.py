"""Ends a run as soon as its backfill is being cancelled: Dagster's daemon looks at backfills every thirty seconds only.

The queries of a cancelled backfill should be gone from the source within ten.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from dagster import DagsterInstance, DagsterRun

# Dagster documents the tag, but gives its name, and the states of a backfill, from private modules only.
from dagster._core.execution.backfill import BulkActionStatus

from export_pipeline.defs.watch import watched

BACKFILL_TAG: Final = "dagster/backfill"


@contextmanager
def ended_with_its_backfill(instance: DagsterInstance, run: DagsterRun) -> Iterator[None]:
    """While the block runs, terminate `run` when somebody cancels the backfill that it belongs to."""
    backfill_id = run.tags.get(BACKFILL_TAG)
    if backfill_id is None:
        yield
        return

    def is_canceled() -> bool:
        backfill = instance.get_backfill(backfill_id)
        return backfill is not None and backfill.status in {BulkActionStatus.CANCELING, BulkActionStatus.CANCELED}

    with watched(is_canceled, partial(instance.run_launcher.terminate, run.run_id)):
        yield
