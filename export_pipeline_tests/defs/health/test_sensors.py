"""What a sensor's ticks say of it, in a real schedule storage."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from dagster import DagsterInstance
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickData, TickStatus
from dagster_shared.error import SerializableErrorInfo

from export_pipeline.defs.health.sensors import last_look
from export_pipeline.preflight.finding import Finding, State
from export_pipeline_tests.defs.project import Project

_REPOSITORY = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("location"), "repository")
_AGO_S = 41


@dataclass(frozen=True)
class Sensor:
    """The sensor of the logs, as the daemon keeps it."""

    instance: DagsterInstance
    state: InstigatorState

    def tick(self, status: TickStatus, ago_s: float = _AGO_S, **more: object) -> None:
        state = self.state
        self.instance.create_tick(
            TickData(
                instigator_origin_id=state.instigator_origin_id,
                instigator_name=state.name,
                instigator_type=InstigatorType.SENSOR,
                status=status,
                timestamp=time.time() - ago_s,
                selector_id=state.selector_id,
                **more,  # type: ignore[arg-type] # what each test gives
            )
        )


def switch(instance: DagsterInstance, status: InstigatorStatus) -> Sensor:
    origin = RemoteInstigatorOrigin(_REPOSITORY, "logs_new_data")
    state = InstigatorState(origin, InstigatorType.SENSOR, status)
    instance.add_instigator_state(state)
    return Sensor(instance, state)


def found(project: Project) -> Finding:
    return last_look(project.instance, project.settings.dataset("logs"), project.settings, datetime.now(UTC)).finding


@pytest.fixture
def sensor(project: Project) -> Sensor:
    return switch(project.instance, InstigatorStatus.RUNNING)


def test_one_that_is_off_is_said(project: Project) -> None:
    assert found(project).found == "logs_new_data is switched off"
    switch(project.instance, InstigatorStatus.STOPPED)
    assert found(project).found == "logs_new_data is switched off"


def test_one_that_is_on_by_its_declaration_counts(project: Project) -> None:
    switch(project.instance, InstigatorStatus.DECLARED_IN_CODE)
    assert found(project).found == "logs_new_data is switched off"
    assert found(project.with_settings(sensors_on=True)).found == "is on, and has not looked yet"


def test_the_last_complete_look_counts(project: Project, sensor: Sensor) -> None:
    sensor.tick(TickStatus.SUCCESS, 3 * _AGO_S, run_ids=["one", "two"])
    assert found(project).found == "2 min ago: asked for 2 runs"
    sensor.tick(TickStatus.SKIPPED, skip_reason="3 partitions looked at, none to export")
    sensor.tick(TickStatus.STARTED, 0)
    assert found(project).found == "41 s ago: 3 partitions looked at, none to export"


def test_a_look_that_failed_is_a_warning_with_its_cause(project: Project, sensor: Sensor) -> None:
    cause = SerializableErrorInfo("export_pipeline.errors.SourceUnavailableError: it is away\nmore", [], "X")
    sensor.tick(TickStatus.FAILURE, error=SerializableErrorInfo("Error of the sensor", [], "Y", cause))
    look = found(project)
    assert look.state is State.WARNING
    assert look.found == "could not look 41 s ago: SourceUnavailableError: it is away"
