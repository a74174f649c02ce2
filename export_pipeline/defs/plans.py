"""Keeps the plan between the ops of a run, so that "re-execute from failure" finds it in another process, later.

A file an op below DAGSTER_HOME/storage/{run id}, a few kilobytes; values only, no rows and no secret.
"""

import pickle
from pathlib import Path
from typing import Final

from dagster import DagsterInstance, InputContext, IOManager, OutputContext

from export_pipeline.defs.retries import Attempt
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
        attempt = Attempt(context.step_context.instance, context.step_context.run_id)
        if context.upstream_output is None:
            raise attempt.failure(f"{context.name} has no op before it: a defect of the graph in assets.py")
        path = _path(context.step_context.instance, context.upstream_output)
        again = "; re-execute all steps of the run, or launch a new one"
        try:
            stored = path.read_bytes()
        except FileNotFoundError:
            raise attempt.failure(
                f"the plan that the failed run made is gone from {path}: DAGSTER_HOME/storage was lost, or is that of "
                f"another machine{again}"
            ) from None
        plan = _unpickled(stored)
        if plan is None:
            raise attempt.failure(f"the plan in {path} was stored by another version of the project{again}")
        return plan


def _path(instance: DagsterInstance, output: OutputContext) -> Path:
    return Path(instance.storage_directory(), *output.get_identifier())


def _unpickled(stored: bytes) -> ExportPlan | None:
    try:
        plan = pickle.loads(stored)  # noqa: S301 - our own file
    except Exception:  # noqa: BLE001 - whatever a changed class makes of it
        return None
    return plan if isinstance(plan, ExportPlan) else None
