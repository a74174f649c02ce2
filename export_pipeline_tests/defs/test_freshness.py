"""Freshness: what Dagster makes of the newest materialization, by the windows of the dataset."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance
from dagster._core.definitions.freshness import FreshnessState, TimeWindowFreshnessPolicy
from dagster._core.definitions.freshness_evaluator import TimeWindowFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest
from dagster._core.test_utils import freeze_time

from export_pipeline.definitions import build_definitions
from export_pipeline.settings import Settings

THEN = datetime(2026, 11, 21, 0, 12, tzinfo=UTC)


@pytest.mark.parametrize("asset", ["logs", "logs_csv", "anomalies_json", "ips"])
def test_an_asset_is_late_after_a_day_and_a_quarter_and_failed_after_two(
    settings: Settings, instance: DagsterInstance, asset: str
) -> None:
    assert judged(settings, instance, asset, THEN) is FreshnessState.UNKNOWN
    with freeze_time(THEN):
        instance.report_runless_asset_event(AssetMaterialization(asset, partition="2026-11-20"))
    ages = {hours: judged(settings, instance, asset, THEN + timedelta(hours=hours)) for hours in (29, 31, 53, 55)}
    assert ages == {
        29: FreshnessState.PASS,
        31: FreshnessState.WARN,
        53: FreshnessState.WARN,
        55: FreshnessState.FAIL,
    }


def test_an_old_partition_that_is_exported_again_counts_as_an_export(
    settings: Settings, instance: DagsterInstance
) -> None:
    for age_days, partition in ((4, "2026-11-20"), (0, "2026-11-18")):
        with freeze_time(THEN - timedelta(days=age_days)):
            instance.report_runless_asset_event(AssetMaterialization("logs", partition=partition))
    assert judged(settings, instance, "logs", THEN) is FreshnessState.PASS


def test_partitions_of_an_hour_are_late_sooner(settings: Settings) -> None:
    hourly = Settings.load(source_url=settings.source.conninfo, partition_grain="hour")
    policy = build_definitions(hourly).resolve_asset_graph().get(AssetKey("logs")).freshness_policy
    assert isinstance(policy, TimeWindowFreshnessPolicy)
    assert policy.warn_window is not None
    assert policy.warn_window.to_timedelta() == timedelta(minutes=75)
    assert policy.fail_window.to_timedelta() == timedelta(minutes=135)


def test_every_asset_that_is_made_has_a_policy(settings: Settings) -> None:
    graph = build_definitions(settings).resolve_asset_graph()
    exported = graph.materializable_asset_keys - {AssetKey("health")}  # which is looked at when somebody wants to
    assert [key for key in exported if graph.get(key).freshness_policy is None] == []


def judged(settings: Settings, instance: DagsterInstance, asset: str, now: datetime) -> FreshnessState:
    """Return what the daemon would say of the asset at `now`."""
    node = build_definitions(settings).resolve_asset_graph().get(AssetKey(asset))
    context, evaluator = LoadingContextForTest(instance), TimeWindowFreshnessPolicyEvaluator()
    with freeze_time(now):
        return asyncio.run(evaluator.evaluate_freshness(context, node))
