"""Talks to the Dagster UI's own API, as the pages do."""

import json
import urllib.request
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
_RUNS = "query ($filter: RunsFilter!) {runsOrError(filter: $filter) {... on Runs {results {status}}}}"


def ask(port: int, query: str, **variables: object) -> Answer:
    """Return the answer's data. Fails with the server's errors."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
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


def launch(port: int, job: str, partition: str) -> str:
    """Launch a job for one partition, as the launchpad does; return the run's id."""
    (node,) = ask(port, _SELECTOR)["repositoriesOrError"]["nodes"]
    selector = {
        "repositoryName": node["name"],
        "repositoryLocationName": node["location"]["name"],
        "pipelineName": job,
    }
    tags = [{"key": "dagster/partition", "value": partition}]
    run = {"selector": selector, "mode": "default", "executionMetadata": {"tags": tags}}
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


def backfill_runs(port: int, backfill_id: str) -> list[str]:
    """Return the status of each run that the backfill has launched by now."""
    tags = [{"key": "dagster/backfill", "value": backfill_id}]
    runs = ask(port, _RUNS, filter={"tags": tags})["runsOrError"]["results"]
    return [run["status"] for run in runs]
