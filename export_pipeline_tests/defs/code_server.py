"""A real code server of the project, driven as the UI and the daemon drive it: runs are processes of their own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.server import wait_for_grpc_server
from dagster_graphql.schema import create_schema

from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.processes import alive, free_port, wait_until

SCHEMA = create_schema()
_LAUNCH = """
mutation ($run: ExecutionParams!) {
  launchRun(executionParams: $run) {__typename ... on LaunchRunSuccess {run {runId}} ... on PythonError {message}}
}
"""
_REEXECUTE = """
mutation ($again: ReexecutionParams!) {
  launchRunReexecution(reexecutionParams: $again) {
    __typename ... on LaunchRunSuccess {run {runId}} ... on PythonError {message}
  }
}
"""


@dataclass(frozen=True, slots=True)
class CodeServer:
    """The server's process, and the workspace that it serves."""

    process: "subprocess.Popen[bytes]"
    context: WorkspaceProcessContext

    @property
    def instance(self) -> DagsterInstance:
        return self.context.instance

    def launch(
        self, job: str, tags: Mapping[str, str], assets: Sequence[str] = (), config: Mapping[str, object] | None = None
    ) -> str:
        """Launch a run as the launchpad does, and start it as the queue's daemon does; return its id."""
        workspace = self.context.create_request_context()
        (location,) = workspace.code_locations
        (repository,) = location.get_repositories().values()
        selector: dict[str, Any] = {  # Any: what GraphQL takes
            "repositoryName": repository.name,
            "repositoryLocationName": location.name,
            "jobName": job,
        }
        if assets:
            selector["assetSelection"] = [{"path": [name]} for name in assets]
        given = [{"key": key, "value": value} for key, value in tags.items()]
        run = {"selector": selector, "executionMetadata": {"tags": given}, "runConfigData": config or {}}
        return self._start(_LAUNCH, "launchRun", run=run)

    def reexecute_from_failure(self, run_id: str) -> str:
        """Re-execute a run as the UI's button does; return the new run's id."""
        again = {"parentRunId": run_id, "strategy": "FROM_FAILURE"}
        return self._start(_REEXECUTE, "launchRunReexecution", again=again)

    def wait(self, run_id: str, within_s: float = 60) -> DagsterRunStatus:
        """Wait until the run has ended."""
        wait_until(lambda: self._run(run_id).is_finished, within_s)
        return self._run(run_id).status

    def status(self, run_id: str) -> DagsterRunStatus:
        return self._run(run_id).status

    def worker(self, run_id: str) -> int:
        """Return the id of the process that executes the run."""
        for record in self.instance.get_records_for_run(run_id, of_type=DagsterEventType.ENGINE_EVENT).records:
            event = record.event_log_entry.dagster_event
            if event and str(event.message).startswith("Started process for run"):
                return int(str(event.engine_event_data.metadata["pid"].value))
        raise AssertionError("the run has no process")

    def steps(self, run_id: str) -> list[str]:
        """Return the steps that the run executed."""
        records = self.instance.get_records_for_run(run_id, of_type=DagsterEventType.STEP_START).records
        return [str(record.event_log_entry.step_key) for record in records]

    def kill(self) -> None:
        """Kill the server hard; the processes of its runs live on."""
        self.process.kill()
        self.process.wait()

    def _run(self, run_id: str) -> DagsterRun:
        run = self.instance.get_run_by_id(run_id)
        assert run
        return run

    def _start(self, mutation: str, name: str, **variables: object) -> str:
        workspace = self.context.create_request_context()
        answer = asyncio.run(SCHEMA.execute_async(mutation, context_value=workspace, variable_values=variables))
        assert not answer.errors, answer.errors
        assert answer.data
        launched = answer.data[name]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run_id = str(launched["run"]["runId"])
        self.instance.launch_run(run_id, workspace)
        return run_id


@contextmanager
def serving(project: Project, **settings: str) -> Iterator[CodeServer]:
    """Serve the project's source and root, with more settings as environment variables without their prefix."""
    given = {
        "source_url": project.settings.source.conninfo,
        "root": project.settings.root,
        "first_partition": project.settings.first_partition.isoformat(),
        **settings,
    }
    with pytest.MonkeyPatch.context() as environ:
        for name, value in given.items():
            environ.setenv(f"EXPORT_{name.upper()}", value)
        with _running(project.instance) as server:
            yield server


@contextmanager
def _running(instance: DagsterInstance) -> Iterator[CodeServer]:
    port = free_port()
    command = [sys.executable, "-m", "dagster", "api", "grpc", "-m", "export_pipeline.definitions", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_grpc_server(process, DagsterGrpcClient(port=port), command, timeout=60)
            target = GrpcServerTarget(host="localhost", port=port, socket=None, location_name="export_pipeline")
            with WorkspaceProcessContext(instance, target) as context:
                yield CodeServer(process, context)
        finally:
            _end_workers(instance)
            process.kill()


def _end_workers(instance: DagsterInstance) -> None:
    """Kill what a failed test left running."""
    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
        for record in instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ENGINE_EVENT).records:
            event = record.event_log_entry.dagster_event
            pid = event.engine_event_data.metadata.get("pid") if event else None
            if pid is not None and int(str(pid.value)) != os.getpid() and alive({int(str(pid.value))}):
                os.kill(int(str(pid.value)), signal.SIGKILL)
