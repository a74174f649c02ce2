"""Keeps the plan between the ops of a run, so that "re-execute from failure" finds it in another process, later.

A file an op below DAGSTER_HOME/storage/{run id}, a few kilobytes; values only, no rows and no secret.
"""

import pickle
from pathlib import Path
from typing import Final

from dagster import DagsterInstance, Failure, InputContext, IOManager, OutputContext

from export_pipeline.plan import ExportPlan

PLAN_IO_MANAGER: Final = "plan_io_manager"


class PlanIOManager(IOManager):
    """Stores the plan that an op returns, for the op behind it and for a run that takes up where this one failed."""

    def handle_output(self, context: OutputContext, obj: ExportPlan) -> None:
        """Store the plan. Raises: OSError."""
        path = _path(context.step_context.instance, context)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(obj))

    def load_input(self, context: InputContext) -> ExportPlan:
        """Return the plan that the op before returned, in this run or in the one that it re-executes.

        Raises: Failure when it is gone, or was stored by another version of the project.
        """
        if context.upstream_output is None:
            raise Failure(
                f"{context.name} has no op before it: a defect of the graph in assets.py", allow_retries=False
            )
        path = _path(context.step_context.instance, context.upstream_output)
        again = "; re-execute all steps of the run, or launch a new one"
        try:
            stored = path.read_bytes()
        except FileNotFoundError:
            raise Failure(
                f"the plan that the failed run made is gone from {path}: DAGSTER_HOME/storage was lost, or is that of "
                f"another machine{again}",
                allow_retries=False,
            ) from None
        return _unpickled(stored, f"the plan in {path} was stored by another version of the project{again}")


def _path(instance: DagsterInstance, output: OutputContext) -> Path:
    return Path(instance.storage_directory(), *output.get_identifier())


def _unpickled(stored: bytes, otherwise: str) -> ExportPlan:
    try:
        plan = pickle.loads(stored)  # noqa: S301 - our own file
    except Exception as error:  # whatever a changed class makes of it
        raise Failure(otherwise, allow_retries=False) from error
    if not isinstance(plan, ExportPlan):
        raise Failure(otherwise, allow_retries=False)
    return plan
