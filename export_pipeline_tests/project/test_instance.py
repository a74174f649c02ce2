"""What dagster.yaml comes to when Dagster reads it: the limits hold, and a run that died gives its places back."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.instance.config import PoolGranularity
from dagster._core.scheduler.instigation import TickStatus
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.test_utils import create_run_for_test, create_test_daemon_workspace_context
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.monitoring.concurrency import execute_concurrency_slots_iteration
from dagster._utils.tags import TagConcurrencyLimitsCounter

from export_pipeline.defs.pools import DESTINATION_POOL, SOURCE_POOL
from export_pipeline_tests.conftest import RunSql

BACKFILL_TAG = "dagster/backfill"


@dataclass(frozen=True, slots=True)
class Tagged:
    """As much of a run as its limits look at."""

    tags: dict[str, str] = field(default_factory=dict)


def test_four_runs_at_once_and_a_code_server_that_restarts_is_waited_for(instance: DagsterInstance) -> None:
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs == 4
    assert (queue.max_user_code_failure_retries, queue.user_code_failure_retry_delay) == (10, 30)


@pytest.mark.parametrize(
    ("under_way", "next_run", "is_held_back"),
    [
        ([{BACKFILL_TAG: "a"}] * 3, {BACKFILL_TAG: "b"}, True),
        ([{BACKFILL_TAG: "a"}] * 3, {"dataset": "logs"}, False),
        ([{"dataset": "logs"}] * 3, {"dataset": "logs"}, True),
        ([{"dataset": "logs"}] * 3, {"dataset": "ips"}, False),
        ([{"dataset": "logs"}] * 2, {"dataset": "logs"}, False),
    ],
)
def test_neither_a_backfill_nor_a_dataset_takes_every_place(
    instance: DagsterInstance, under_way: list[dict[str, str]], next_run: dict[str, str], *, is_held_back: bool
) -> None:
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    running = [Tagged(tags) for tags in under_way]
    counter = TagConcurrencyLimitsCounter(queue.tag_concurrency_limits or [], running)  # type: ignore[arg-type] # tags are all it reads
    assert counter.is_blocked(Tagged(next_run)) is is_held_back  # type: ignore[arg-type] # likewise


@pytest.mark.parametrize("pool", [SOURCE_POOL, DESTINATION_POOL])
def test_each_pool_has_two_places(instance: DagsterInstance, pool: str) -> None:
    assert instance.get_concurrency_config().pool_config.pool_granularity is PoolGranularity.OP
    storage = instance.event_log_storage
    assert storage.initialize_concurrency_limit_to_default(pool)
    claims = [storage.claim_concurrency_slot(pool, f"run-{number}", "publish").is_claimed for number in range(3)]
    assert claims == [True, True, False]


def test_a_run_that_was_killed_gives_its_place_in_a_pool_back(instance: DagsterInstance, sql: RunSql) -> None:
    run = create_run_for_test(instance, status=DagsterRunStatus.FAILURE)
    storage = instance.event_log_storage
    storage.initialize_concurrency_limit_to_default(SOURCE_POOL)
    assert storage.claim_concurrency_slot(SOURCE_POOL, run.run_id, "publish").is_claimed
    url = instance.run_storage.postgres_url.replace("+psycopg2", "")  # type: ignore[attr-defined] # it is PostgreSQL's
    ended = "update runs set end_time = extract(epoch from now()) - 120, update_timestamp = now() - interval '120 s'"
    sql(url, ended)
    with create_test_daemon_workspace_context(EmptyWorkspaceTarget(), instance) as workspace:
        list(execute_concurrency_slots_iteration(workspace, logging.getLogger(__name__)))
    assert storage.get_concurrency_info(SOURCE_POOL).active_slot_count == 0


def test_runs_are_watched_and_started_again_once_unless_their_tag_forbids_it(instance: DagsterInstance) -> None:
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_settings == {
        "enabled": True,
        "start_timeout_seconds": 180,
        "cancel_timeout_seconds": 180,
        "poll_interval_seconds": 30,
        "max_runtime_seconds": 21_600,
        "free_slots_after_run_end_seconds": 60,
    }
    assert (instance.run_retries_enabled, instance.run_retries_max_retries) == (True, 1)
    assert instance.run_retries_retry_on_asset_or_op_failure


def test_ticks_are_kept_for_a_while_each_kind_for_its_own(instance: DagsterInstance) -> None:
    sensor = instance.get_tick_retention_settings(InstigatorType.SENSOR)
    assert {status.value: days for status, days in sensor.items()} == {
        "STARTED": -1,
        "SKIPPED": 7,
        "FAILURE": 30,
        "SUCCESS": 90,
    }
    schedule = instance.get_tick_retention_settings(InstigatorType.SCHEDULE)
    assert schedule[TickStatus.SUCCESS] == schedule[TickStatus.SKIPPED] == 90


def test_sensors_are_evaluated_side_by_side(instance: DagsterInstance) -> None:
    assert instance.get_settings("sensors") == {"use_threads": True, "num_workers": 4}


def test_output_is_kept_below_dagster_home(instance: DagsterInstance, tmp_path: Path) -> None:
    manager = instance.compute_log_manager
    assert isinstance(manager, LocalComputeLogManager)
    kept = Path(manager.get_captured_local_path(["run", "compute_logs", "key"], "out"))
    assert kept.is_relative_to(tmp_path / "dagster" / "storage")


def test_nothing_is_reported_to_anybody(instance: DagsterInstance) -> None:
    assert not instance.telemetry_enabled
    assert not instance.nux_enabled
