"""What a dataset's sensor for new data found at its last look, from the ticks that the daemon keeps."""

from datetime import datetime
from typing import TYPE_CHECKING

from dagster import DagsterInstance

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.defs.health.reading import Reading, first_line, in_words
from export_pipeline.defs.new_data import sensor_name
from export_pipeline.preflight.finding import ok, warning
from export_pipeline.settings import Settings

if TYPE_CHECKING:
    # What the instance returns has no public name.
    from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick
    from dagster_shared.error import SerializableErrorInfo


def last_look(instance: DagsterInstance, dataset: Dataset, settings: Settings, now: datetime) -> Reading:
    """Say how many partitions the sensor asked for when it looked last, or why it could not look."""
    subject, name = f"{dataset.name} sensor", sensor_name(dataset.name)
    known = [state for state in instance.all_instigator_state() if state.name == name]
    states = [state for state in known if _is_on(state, settings)]
    if not states and (known or not settings.sensors_on):
        return Reading(ok(subject, f"{name} is switched off"))
    # The last one may be under way.
    ticks = [
        tick
        for state in states
        for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=2)
        if tick.is_completed
    ]
    if not ticks:
        return Reading(ok(subject, "is on, and has not looked yet"))
    tick = max(ticks, key=lambda one: one.timestamp)
    return _judge(subject, tick, f"{dataset.name}_requested_runs", now.timestamp() - tick.timestamp)


def _is_on(state: "InstigatorState", settings: Settings) -> bool:
    """Take what the UI was told; where it was told nothing, the declaration counts."""
    status = state.status.value
    return status == "RUNNING" or (status == "DECLARED_IN_CODE" and settings.sensors_on)


def _judge(subject: str, tick: "InstigatorTick", figure: str, age_s: float) -> Reading:
    if tick.error is not None:
        said = f"could not look {in_words(age_s)} ago: {_cause(tick.error)}"
        return Reading(warning(subject, said, "its page under Automation says more"))
    found = tick.skip_reason or f"asked for {len(tick.run_ids)} runs"
    return Reading(ok(subject, f"{in_words(age_s)} ago: {first_line(found)}"), {figure: len(tick.run_ids)})


def _cause(error: "SerializableErrorInfo") -> str:
    """Return the message of ours that Dagster's is wrapped around."""
    while error.cause is not None:
        error = error.cause
    return first_line(error.message).removeprefix("export_pipeline.errors.")
