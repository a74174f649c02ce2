"""The sensor that ends runs whose process is gone: after a crash of the whole host nobody else would.

The code server notices when a process of its own dies. When it died with the process, Dagster's run monitoring waits
for `max_runtime_seconds`, for Dagster's default launcher cannot be asked whether a process lives (1.13). Until then
the run would hold its partitions. A run that may live is never touched: `lifeline.py` knows. A process that was killed
before it took up its lifeline has not begun a step either, minutes after its run was started.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultRunLauncher,
    DefaultSensorStatus,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from export_pipeline.defs.lifeline import abandoned_runs, workers_folder

_EVERY_S: Final = 60
_UNBORN_S: Final = 120
_MOST_RUNS: Final = 100
_MESSAGE: Final = (
    "the process of this run is gone: its host or container crashed, or it was killed together with the code server. "
    "Nothing unfinished is published, and what was published stays recorded; its partitions are free again"
)


def reconciler_sensor() -> SensorDefinition:
    """Return the sensor; it is on by default and costs a glance into a folder."""

    @sensor(
        name="gone_workers",
        minimum_interval_seconds=_EVERY_S,
        default_status=DefaultSensorStatus.RUNNING,
        description="Ends runs whose process is gone, so that their partitions are free and they are started again.",
    )
    def reconcile(context: SensorEvaluationContext) -> SkipReason:
        ended = end_abandoned_runs(context.instance)
        return SkipReason(f"ended {', '.join(ended)}" if ended else "no run has lost its process")

    return reconcile


def end_abandoned_runs(instance: DagsterInstance) -> Sequence[str]:
    """End the runs whose processes are all gone, and return their ids."""
    ended = []
    for run_id, files in abandoned_runs(workers_folder(instance)).items():
        if _end(instance, run_id):
            ended.append(run_id)
        _remove(files)
    return ended + [run_id for run_id in stillborn_runs(instance, time.time()) if _end(instance, run_id)]


def stillborn_runs(instance: DagsterInstance, now: float) -> Sequence[str]:
    """Return the runs whose process, of this machine, took up no lifeline and began no step for two minutes."""
    if not isinstance(instance.run_launcher, DefaultRunLauncher):
        return []  # their processes may have a DAGSTER_HOME of their own
    known = {path.stem for path in workers_folder(instance).glob("[!.]*")}
    records = instance.get_run_records(RunsFilter(statuses=[DagsterRunStatus.STARTED]), limit=_MOST_RUNS)
    return [
        record.dagster_run.run_id
        for record in records
        if record.dagster_run.run_id not in known
        and record.start_time is not None
        and now - record.start_time > _UNBORN_S
        and not instance.get_run_step_stats(record.dagster_run.run_id)
    ]


def _end(instance: DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return False
    if run.status is DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, _MESSAGE)
    else:
        instance.report_run_failed(run, _MESSAGE)
    return True


def _remove(files: Sequence[Path]) -> None:
    for path in files:
        with suppress(FileNotFoundError):
            path.unlink()
