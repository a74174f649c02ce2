"""Everything together: complete when all is there, and a report all the same when nothing is."""

import time
from contextlib import nullcontext
from typing import NoReturn

import pytest
from dagster import DagsterInstance

from export_pipeline.defs.health.examine import examine
from export_pipeline.preflight.finding import State
from export_pipeline.settings import Settings
from export_pipeline_tests.defs.health.beats import beat
from export_pipeline_tests.defs.project import Project


def states(settings: Settings, instance: DagsterInstance) -> dict[str, State]:
    readings = examine(settings, lambda: nullcontext(instance))
    return {reading.finding.subject: reading.finding.state for reading in readings}


def test_all_parts_are_looked_at_in_order(project: Project) -> None:
    beat(project.instance, time.time())
    assert project.run("ips", partition="2026-11-20").success
    found = states(project.settings, project.instance)
    assert list(found) == [
        "storage database",
        "source",
        "destination",
        "daemon",
        "queue",
        "runs",
        *(f"{name} {what}" for name in ("logs", "anomalies", "ips") for what in ("freshness", "sensor", "failures")),
    ]
    assert {name for name, state in found.items() if state is not State.OK} == {"logs freshness", "anomalies freshness"}


def test_without_its_storage_nothing_is_said_of_dagster(project: Project) -> None:
    def refuse() -> NoReturn:
        pytest.fail("it would only wait for a storage that is known to be away")

    nowhere = project.with_settings(
        storage_url="postgresql+psycopg2://x:y@127.0.0.1:1/z", source_url="postgresql://x:y@127.0.0.1:1/z"
    )
    found = [reading.finding for reading in examine(nowhere.settings, refuse)]
    assert [(one.subject, one.state) for one in found] == [
        ("storage database", State.FAILED),
        ("source", State.FAILED),
        ("destination", State.OK),
        ("dagster", State.WARNING),
    ]
    assert found[-1].found == "not looked at: its storage database does not answer"


def test_an_instance_that_cannot_be_opened_is_a_finding(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME")
    found = examine(project.settings, DagsterInstance.get)[-1].finding
    assert (found.subject, found.state) == ("dagster", State.FAILED)
    assert "set DAGSTER_HOME" in found.next_step
