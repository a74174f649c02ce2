"""The sensor that ends runs whose process is gone: after a crash of the whole host nobody else would.

The code server notices when a process of its own dies. When it died with the process, Dagster's run monitoring waits
for `max_runtime_seconds`, for Dagster's default launcher cannot be asked whether a process lives (1.13). Until then
the run would hold its partitions. A run that may live is never touched: `lifeline.py` knows.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from export_pipeline.defs.lifeline import abandoned_runs, workers_folder

_EVERY_S: Final = 60
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
    return ended


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
