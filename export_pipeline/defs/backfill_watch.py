"""Ends a run as soon as its backfill is being cancelled: Dagster's daemon looks at backfills every thirty seconds only.

The queries of a cancelled backfill should be gone from the source within ten.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dagster import DagsterInstance, DagsterRun

# Dagster documents the tag, but gives its name, and the states of a backfill, from private modules only.
from dagster._core.execution.backfill import BulkActionStatus

BACKFILL_TAG: Final = "dagster/backfill"
_EVERY_S: Final = 3.0


@contextmanager
def ended_with_its_backfill(instance: DagsterInstance, run: DagsterRun) -> Iterator[None]:
    """While the block runs, terminate `run` when somebody cancels the backfill that it belongs to."""
    backfill_id = run.tags.get(BACKFILL_TAG)
    if backfill_id is None:
        yield
        return
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(instance, run.run_id, backfill_id, done), daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()


def _watch(instance: DagsterInstance, run_id: str, backfill_id: str, done: threading.Event) -> None:
    while not done.wait(_EVERY_S):
        try:
            backfill = instance.get_backfill(backfill_id)
        except Exception:  # noqa: BLE001, S112 - the storage is away, however its driver says so: the export goes on
            continue
        if backfill and backfill.status in {BulkActionStatus.CANCELING, BulkActionStatus.CANCELED}:
            instance.run_launcher.terminate(run_id)
            return
