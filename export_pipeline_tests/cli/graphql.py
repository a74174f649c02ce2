"""Talks to the Dagster UI's own API, as the pages do."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

Answer = Any  # Any: whatever shape the query asked for

_ASSETS = "{assetNodes {assetKey {path} isPartitioned}}"
_SELECTOR = "{repositoriesOrError {... on RepositoryConnection {nodes {name location {name}}}}}"
_LAUNCH = """
mutation ($run: ExecutionParams!) {
  launchPipelineExecution(executionParams: $run) {__typename ... on LaunchRunSuccess {run {runId}}}
}
"""
_BACKFILL = """
mutation ($backfill: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfill) {__typename ... on LaunchBackfillSuccess {backfillId}}
}
"""
_TERMINATE = "mutation ($id: String!) {terminateRun(runId: $id) {__typename}}"
_RUN = "query ($id: ID!) {runOrError(runId: $id) {... on Run {status tags {key value}}}}"
_BACKFILL_STATUS = """
query ($id: String!) {partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}}
"""
_PARTITIONS = """
query ($job: String!, $selector: RepositorySelector!) {
  partitionSetsOrError(pipelineName: $job, repositorySelector: $selector) {... on PartitionSets {results {
    partitionsOrError {... on Partitions {results {name}}}
  }}}
}
"""
_CHECKED = """
query ($asset: AssetKeyInput!, $check: String!) {
  assetCheckExecutions(assetKey: $asset, checkName: $check, limit: 1) {runId partition status}
}
"""
_NEWEST_BACKFILL = "{partitionBackfillsOrError(limit: 1) {... on PartitionBackfills {results {id status}}}}"
_STEPS = "query ($id: ID!) {runOrError(runId: $id) {... on Run {stepStats {stepKey}}}}"
_FAILURE = """
query ($id: ID!) {logsForRun(runId: $id) {... on EventConnection {events {... on ExecutionStepFailureEvent {
  error {message}
}}}}}
"""
_NEWEST = "{runsOrError(limit: 1) {... on Runs {results {runId}}}}"
_RUNS = "query ($filter: RunsFilter!) {runsOrError(filter: $filter) {... on Runs {results {status}}}}"


def ask(port: int, query: str, **variables: object) -> Answer:
    """Return the answer's data. Fails with the server's errors; OSError where it cannot answer now."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as refused:
        raise ConnectionError(refused.read().decode(errors="replace")) from refused
    assert "errors" not in answer, answer
    return answer["data"]


def is_up(port: int) -> bool:
    """Tell whether the UI answers and knows the project's assets."""
    try:
        return bool(assets(port))
    except OSError:
        return False


def assets(port: int) -> set[str]:
    """Return the names of the partitioned assets."""
    nodes = ask(port, _ASSETS)["assetNodes"]
    return {node["assetKey"]["path"][-1] for node in nodes if node["isPartitioned"]}


def launch(port: int, job: str, partition: str | None = None, config: Mapping[str, object] | None = None) -> str:
    """Launch a job, as the launchpad does: for one partition, or with a config; return the run's id."""
    (node,) = ask(port, _SELECTOR)["repositoriesOrError"]["nodes"]
    selector = {
        "repositoryName": node["name"],
        "repositoryLocationName": node["location"]["name"],
        "pipelineName": job,
    }
    tags = [{"key": "dagster/partition", "value": partition}] if partition else []
    run = {
        "selector": selector,
        "mode": "default",
        "executionMetadata": {"tags": tags},
        "runConfigData": dict(config or {}),
    }
    launched = ask(port, _LAUNCH, run=run)["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return str(launched["run"]["runId"])


def backfill(port: int, names: list[str], partitions: list[str]) -> str:
    """Launch a backfill of these assets over these partitions; return its id."""
    asked = {"assetSelection": [{"path": [name]} for name in names], "partitionNames": partitions}
    launched = ask(port, _BACKFILL, backfill=asked)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    return str(launched["backfillId"])


def terminate(port: int, run_id: str) -> None:
    """Ask for a run's end, as the button does."""
    answer = ask(port, _TERMINATE, id=run_id)["terminateRun"]
    assert answer["__typename"] == "TerminateRunSuccess", answer


def run_status(port: int, run_id: str) -> str:
    return str(ask(port, _RUN, id=run_id)["runOrError"]["status"])


def partitions_of_job(port: int, job: str) -> list[str]:
    """Return the partitions that the launchpad of a job offers."""
    (node,) = ask(port, _SELECTOR)["repositoriesOrError"]["nodes"]
    selector = {"repositoryName": node["name"], "repositoryLocationName": node["location"]["name"]}
    (found,) = ask(port, _PARTITIONS, job=job, selector=selector)["partitionSetsOrError"]["results"]
    return [partition["name"] for partition in found["partitionsOrError"]["results"]]


def newest_execution(port: int, asset: str, check: str) -> dict[str, str]:
    """Return the run, the partition and the status that the page of a check shows on top."""
    (found,) = ask(port, _CHECKED, asset={"path": [asset]}, check=check)["assetCheckExecutions"]
    return {name: str(found[name]) for name in ("runId", "partition", "status")}


def backfill_status(port: int, backfill_id: str) -> str:
    return str(ask(port, _BACKFILL_STATUS, id=backfill_id)["partitionBackfillOrError"]["status"])


def newest_backfill_status(port: int) -> str:
    """Return the status of the backfill that was launched last; empty when there is none."""
    found = ask(port, _NEWEST_BACKFILL)["partitionBackfillsOrError"]["results"]
    return str(found[0]["status"]) if found else ""


def steps(port: int, run_id: str) -> set[str]:
    """Return the keys of the steps that the run has begun."""
    return {stats["stepKey"] for stats in ask(port, _STEPS, id=run_id)["runOrError"]["stepStats"]}


def failure(port: int, run_id: str) -> str:
    """Return the message of the run's step that failed."""
    events = ask(port, _FAILURE, id=run_id)["logsForRun"]["events"]
    (message,) = [event["error"]["message"] for event in events if event]
    return str(message)


def newest_run(port: int) -> str:
    """Return the id of the run that was launched last; empty when there is none."""
    runs = ask(port, _NEWEST)["runsOrError"]["results"]
    return str(runs[0]["runId"]) if runs else ""


def backfill_runs(port: int, backfill_id: str) -> list[str]:
    """Return the status of each run that the backfill has launched by now."""
    tags = [{"key": "dagster/backfill", "value": backfill_id}]
    runs = ask(port, _RUNS, filter={"tags": tags})["runsOrError"]["results"]
    return [run["status"] for run in runs]
