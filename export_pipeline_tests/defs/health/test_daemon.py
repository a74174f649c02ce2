"""The daemon's health, from heartbeats in a real storage."""

from datetime import UTC, datetime

import pytest
from dagster import DagsterInstance

from export_pipeline.defs.health.daemon import daemon
from export_pipeline.preflight.finding import State
from export_pipeline_tests.defs.health.beats import beat

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_daemon_that_never_ran_is_said(instance: DagsterInstance) -> None:
    found = daemon(instance, NOW).finding
    assert (found.state, found.found) == (State.FAILED, "it has never run")
    assert "dagster-daemon run" in found.next_step


def test_a_part_that_never_ran_is_named(instance: DagsterInstance) -> None:
    beat(instance, NOW.timestamp(), without="SENSOR")
    found = daemon(instance, NOW).finding
    assert (found.state, found.found) == (State.FAILED, "these parts never ran: SENSOR")


@pytest.mark.parametrize(
    ("age_s", "state", "said"),
    [
        (100, State.OK, "each seen in the last 120 s"),
        (180, State.WARNING, "was last seen 3 min ago"),
        (3600, State.FAILED, "was last seen 1 h ago"),
    ],
)
def test_silence_gets_worse_with_time(instance: DagsterInstance, age_s: int, state: State, said: str) -> None:
    beat(instance, NOW.timestamp() - age_s)
    reading = daemon(instance, NOW)
    assert reading.finding.state is state
    assert said in reading.finding.found
    assert reading.figures == {"daemon_heartbeat_s": age_s}


def test_an_error_that_it_met_is_a_warning(instance: DagsterInstance) -> None:
    beat(instance, NOW.timestamp(), error="cannot load the location\nand more")
    found = daemon(instance, NOW).finding
    assert found.state is State.WARNING
    assert found.found.endswith(": cannot load the location")
