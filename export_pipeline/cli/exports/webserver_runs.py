"""The runs of the job `export` as a webserver knows them, and deletions by a run of the job `delete_exports` there."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from export_pipeline.cli.exports import queries
from export_pipeline.cli.exports.webserver import Answer, Webserver
from export_pipeline.defs.exports.deleting import Removal
from export_pipeline.defs.exports.job import DELETE_JOB, REMOVALS
from export_pipeline.defs.exports.record import OF_RUN, RunFacts, Status, in_one_line
from export_pipeline.defs.exports.runs import moment
from export_pipeline.defs.on_demand import JOB
from export_pipeline.defs.on_demand_watch import ends_when_marked
from export_pipeline.errors import ConfigError, PermanentError

_LOOK_S: Final = 0.5


class WebserverRuns:
    """The runs that `webserver` knows."""

    def __init__(self, webserver: Webserver) -> None:
        self._webserver = webserver

    def page(
        self, statuses: Sequence[str], since: datetime | None, before: str | None, limit: int
    ) -> Sequence[RunFacts]:
        """Return at most `limit` runs behind the run `before`."""
        wanted: dict[str, object] = {"pipelineName": JOB}
        if statuses:
            wanted["statuses"] = list(statuses)
        if since:
            wanted["createdAfter"] = since.timestamp()
        return self._runs(wanted, before, limit)

    def run(self, run_id: str) -> RunFacts | None:
        """Return the run of that id, if there is one and it is an export."""
        found = self._runs({"pipelineName": JOB, "runIds": [run_id]}, None, 1)
        return found[0] if found else None

    def error(self, run_id: str) -> str:
        """Return the first line of why the run failed."""
        said = "no message; see the run"
        for event in self._events(run_id):
            if event["__typename"] == "ExecutionStepFailureEvent" and event.get("error"):
                return in_one_line(event["error"]["message"])
            if event["__typename"] == "RunFailureEvent":
                said = in_one_line(event["message"]) or said
        return said

    def cancel(self, run_id: str) -> None:
        """Ask for the end of a queued or running run. Raises: ConfigError where it cannot be reached."""
        answer = self._webserver.ask(queries.CANCEL, id=run_id)["terminateRun"]
        if answer["__typename"] != "TerminateRunSuccess" and not self._ends_by_itself(run_id):
            raise ConfigError(f"export {run_id}: cannot be canceled ({answer.get('message') or answer['__typename']})")

    def _ends_by_itself(self, run_id: str) -> bool:
        """Whether the run is marked by now, and its process, which Dagster did not find, looks for the mark."""
        run = self.run(run_id)
        return run is not None and run.status == "CANCELING" and ends_when_marked(run_id, run.tags)

    def remove(self, export_ids: Sequence[str], older_than: str, *, dry_run: bool) -> Sequence[Removal]:
        """Run `delete_exports` where the code is, to its end. Raises: ConfigError, PermanentError with what it said."""
        config = {"ids": list(export_ids), "older_than": older_than, "dry_run": dry_run}
        run_id = self.launch(DELETE_JOB, config)
        while not OF_RUN[self._webserver.ask(queries.STATUS, id=run_id)["runOrError"]["status"]].has_ended:
            time.sleep(_LOOK_S)
        status = OF_RUN[self._webserver.ask(queries.STATUS, id=run_id)["runOrError"]["status"]]
        if status is not Status.SUCCEEDED:
            raise PermanentError(f"run {run_id} of {DELETE_JOB} {status}: {self.error(run_id)}")
        found = next(filter(None, (_json_metadata(event, REMOVALS) for event in self._events(run_id))))
        return [Removal(**one) for one in json.loads(found)]

    def launch(self, job: str, config: Mapping[str, object]) -> str:
        """Queue a run of the job; return its id. Raises: ConfigError when it is not known there, or refused."""
        places = self._webserver.ask(queries.JOBS)["repositoriesOrError"]["nodes"]
        here = next((place for place in places if {"name": job} in place["jobs"]), None)
        if here is None:
            raise ConfigError(f"{self._webserver.where}: knows no job {job}; does it serve this project?")
        selector = {
            "repositoryName": here["name"],
            "repositoryLocationName": here["location"]["name"],
            "jobName": job,
        }
        launched = self._webserver.ask(queries.LAUNCH, run={"selector": selector, "runConfigData": json.dumps(config)})
        answer = launched["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            said = answer.get("message") or "; ".join(one["message"] for one in answer["errors"])
            raise ConfigError(f"{self._webserver.where}: does not launch {job} ({said})")
        return str(answer["run"]["runId"])

    def _runs(self, wanted: Mapping[str, object], before: str | None, limit: int) -> list[RunFacts]:
        answer = self._webserver.ask(queries.RUNS, filter=wanted, cursor=before, limit=limit)["runsOrError"]
        if answer["__typename"] != "Runs":
            raise ConfigError(f"{self._webserver.where}: {answer.get('message')}")
        return [_facts(run) for run in answer["results"]]

    def _events(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Yield the run's events, a page at a time."""
        cursor, has_more = None, True
        while has_more:
            run = self._webserver.ask(queries.EVENTS, id=run_id, cursor=cursor)["runOrError"]
            page = run["eventConnection"]
            cursor, has_more = page["cursor"], page["hasMore"]
            yield from page["events"]


def _facts(run: Answer) -> RunFacts:
    return RunFacts(
        run_id=run["runId"],
        status=run["status"],
        created_at=datetime.fromtimestamp(run["creationTime"], UTC),
        started_at=moment(run["startTime"]),
        ended_at=moment(run["endTime"]),
        tags={tag["key"]: tag["value"] for tag in run["tags"]},
        config=run["runConfig"],
    )


def _json_metadata(event: Mapping[str, Any], label: str) -> str | None:
    """Return the JSON that the event has under `label`, if it has."""
    entries = event.get("metadataEntries") or ()
    return next((entry["jsonString"] for entry in entries if entry["label"] == label), None)
