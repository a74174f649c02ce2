"""Ending a run from here: through Dagster where it started the run's process, else by a mark that the process sees."""

from typing import Final

from dagster import DagsterInstance, DagsterRunStatus, DefaultRunLauncher

from export_pipeline.defs.lifeline import abandoned_runs, workers_folder
from export_pipeline.defs.on_demand_watch import ends_when_marked
from export_pipeline.errors import ConfigError

_LAUNCHED_TAG: Final = ".dagster/grpc_info"
"""What Dagster's default launcher notes of the process that it started a run in."""


def cancel_run(instance: DagsterInstance, run_id: str) -> None:
    """Ask for the end of the run, which has not ended. Raises: ConfigError where its process cannot be told."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return
    is_queued = run.status is DagsterRunStatus.QUEUED
    is_launched = _LAUNCHED_TAG in run.tags or not isinstance(instance.run_launcher, DefaultRunLauncher)
    if is_queued or (is_launched and not ends_when_marked(run_id, run.tags)):
        if not instance.run_coordinator.cancel_run(run_id):
            raise ConfigError(f"export {run_id}: it did not take the request to end; see its log in the UI")
        return
    if run_id in abandoned_runs(workers_folder(instance)):
        instance.report_run_canceled(run, "the process of this export is gone; canceled from the command line")
    elif ends_when_marked(run_id, run.tags):
        instance.report_run_canceling(run)
    else:
        raise ConfigError(
            f"export {run_id}: it runs in the terminal or program that began it, which Dagster cannot tell to end: "
            "press Ctrl-C there"
        )
