"""A place in the source's pool for a process that runs a job by itself.

Dagster's daemon takes the places of dead runs back; where none runs, whoever needs one does. Dagster itself waits for a
place without looking at signals: so we wait before.
"""

from dagster import DagsterInstance

from export_pipeline.defs.pools import SOURCE_POOL, make_pools
from export_pipeline.defs.reconciler import end_abandoned_runs


def has_place(instance: DagsterInstance) -> bool:
    """Tell whether the pool has a place left, once the runs whose process is gone have given theirs back."""
    storage = instance.event_log_storage
    if instance.is_ephemeral or not storage.supports_global_concurrency_limits:
        return True
    make_pools(instance)
    if _is_free(instance):
        return True
    end_abandoned_runs(instance)
    for run_id in storage.get_concurrency_info(SOURCE_POOL).active_run_ids:
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)
    return _is_free(instance)


def _is_free(instance: DagsterInstance) -> bool:
    found = instance.event_log_storage.get_concurrency_info(SOURCE_POOL)
    return found.active_slot_count < found.slot_count
