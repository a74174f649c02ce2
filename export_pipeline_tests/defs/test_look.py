"""A look is bounded in time and in partitions, and knows under which configuration earlier runs failed."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_pipeline.datasets.partitioning import Grain, Partitioning
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.defs.look import LIMITS, configuration, recent_partitions
from export_pipeline.extract.source import Source, Timeouts
from export_pipeline.settings import Settings

LOGS = DATASETS["logs"]
URL = "postgresql://reader:s3cret@127.0.0.1:1/operations"
DAGSTER_ENDS_IT_AFTER_S = 60


@given(st.integers(1, 60), st.integers(0, 90), st.sampled_from(list(Grain)))
def test_recent_partitions_cover_the_days_up_to_now(days: int, age_days: int, grain: Grain) -> None:
    first = date(2024, 1, 1)
    cut = Partitioning(first, grain, "America/New_York")
    now = datetime.combine(date.fromordinal(first.toordinal() + age_days), datetime.min.time(), UTC).replace(hour=9)
    found = recent_partitions(cut, now, days)
    assert found == cut.keys(now)[-len(found) :]
    covered = sum(1 for _ in found) / (24 if grain is Grain.HOUR else 1)
    assert min(days, age_days) <= covered <= min(days, age_days) + 1


def test_all_that_a_look_may_wait_for_is_over_before_dagster_ends_it() -> None:
    unlimited = Timeouts(connect_s=0, lock_s=0, statement_s=0, idle_in_transaction_s=0, network_silence_s=0)
    for given_timeouts in (Timeouts(), unlimited):
        found = Source(URL, given_timeouts).within(LIMITS).timeouts
        assert found == LIMITS
        # A host name may stand for two addresses, each of which is tried.
        assert 2 * found.connect_s + found.lock_s + found.statement_s < DAGSTER_ENDS_IT_AFTER_S - 10


def test_shorter_timeouts_stay() -> None:
    own = Timeouts(connect_s=1, lock_s=0.5, statement_s=2, idle_in_transaction_s=30, network_silence_s=3)
    assert Source(URL, own).within(LIMITS).timeouts == own


@pytest.mark.parametrize(
    "changed", [{"validation_level": "basic"}, {"formats": "csv"}, {"source_url": URL.replace("operations", "other")}]
)
def test_a_changed_setting_is_another_configuration(changed: dict[str, str]) -> None:
    usual = configuration(LOGS, Settings.load(source_url=URL))
    assert usual == configuration(LOGS, Settings.load(source_url=URL))
    assert usual != configuration(LOGS, Settings.load(**({"source_url": URL} | changed)))


def test_another_declaration_or_dataset_is_another_configuration() -> None:
    settings = Settings.load(source_url=URL)
    redeclared = replace(LOGS, transforms=LOGS.transforms[:-1])
    names = {configuration(one, settings) for one in (LOGS, redeclared, DATASETS["ips"])}
    assert len(names) == 3


def test_a_password_leaves_no_trace_in_the_configuration() -> None:
    one, other = (Settings.load(source_url=URL.replace("s3cret", word)) for word in ("one", "other"))
    assert configuration(LOGS, one) == configuration(LOGS, other)
