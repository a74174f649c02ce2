"""The pools that exports wait in. Each run makes sure that they are there before it asks for a place in one.

By itself Dagster makes a pool when the first step asks, and a run fails where two ask at once: its fallback for a pool
that has just been made works in a transaction that has already failed.
"""

from contextlib import suppress
from typing import Final

from dagster import DagsterInstance
from sqlalchemy.exc import DBAPIError

SOURCE_POOL: Final = "source_db"
DESTINATION_POOL: Final = "destination"


def make_pools(instance: DagsterInstance) -> None:
    """Give each pool that is not there yet the default limit of `dagster.yaml`."""
    storage = instance.event_log_storage
    there = {pool.name for pool in storage.get_pool_limits()}
    for pool in {SOURCE_POOL, DESTINATION_POOL} - there:
        with suppress(DBAPIError):  # another run has just made it
            storage.initialize_concurrency_limit_to_default(pool)
