"""The pools are there before a run needs them, however many runs make them at once."""

from threading import Thread

import psycopg
from dagster import DagsterInstance

from export_pipeline.defs.pools import DESTINATION_POOL, SOURCE_POOL, make_pools
from export_pipeline_tests.processes import wait_until

TAKEN = 'insert into concurrency_limits (concurrency_key, "limit", using_default_limit) values (%s, 2, true)'
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


def limits(instance: DagsterInstance) -> dict[str, int]:
    return {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}


def test_a_run_finds_its_pools_with_the_default_limit(instance: DagsterInstance) -> None:
    assert limits(instance) == {}
    make_pools(instance)
    assert limits(instance) == {SOURCE_POOL: 2, DESTINATION_POOL: 2}


def test_a_limit_that_somebody_has_set_is_kept(instance: DagsterInstance) -> None:
    instance.event_log_storage.set_concurrency_slots(SOURCE_POOL, 5)
    make_pools(instance)
    assert limits(instance) == {SOURCE_POOL: 5, DESTINATION_POOL: 2}


def test_two_runs_may_make_a_pool_at_once(instance: DagsterInstance) -> None:
    url = instance.run_storage.postgres_url.replace("+psycopg2", "")  # type: ignore[attr-defined] # it is PostgreSQL's
    with psycopg.connect(url) as other, psycopg.connect(url, autocommit=True) as watcher:
        other.execute(TAKEN, [SOURCE_POOL])
        ours = Thread(target=make_pools, args=(instance,))
        ours.start()
        wait_until(lambda: watcher.execute(WAITING).fetchone() == (1,))
        other.commit()
        ours.join()
    assert limits(instance) == {SOURCE_POOL: 2, DESTINATION_POOL: 2}
