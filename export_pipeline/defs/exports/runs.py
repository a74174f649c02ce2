"""The runs of the job `export`: what is asked of wherever they are kept, and the answers of a Dagster instance.

A webserver's answers are in `cli/exports/webserver.py`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from export_pipeline.defs.exports.canceling import cancel_run
from export_pipeline.defs.exports.record import RunFacts, in_one_line
from export_pipeline.defs.failed_attempts import error_of
from export_pipeline.defs.on_demand import JOB


class Runs(Protocol):
    """The runs of the job `export`, newest first."""

    def page(
        self, statuses: Sequence[str], since: datetime | None, before: str | None, limit: int
    ) -> Sequence[RunFacts]:
        """Return at most `limit` runs, created after `since`, behind the run `before`; no `statuses` are all."""

    def run(self, run_id: str) -> RunFacts | None:
        """Return the run of that id, if there is one and it is an export."""

    def error(self, run_id: str) -> str:
        """Return the first line of why the run failed."""

    def cancel(self, run_id: str) -> None:
        """Ask for the end of a queued or running run. Raises: ConfigError where it cannot be reached."""


class InstanceRuns:
    """The runs in the storage of `instance`."""

    def __init__(self, instance: DagsterInstance) -> None:
        self._instance = instance

    def page(
        self, statuses: Sequence[str], since: datetime | None, before: str | None, limit: int
    ) -> Sequence[RunFacts]:
        """Return at most `limit` runs behind the run `before`."""
        names = [DagsterRunStatus(status) for status in statuses]
        wanted = RunsFilter(job_name=JOB, statuses=names, created_after=since)
        return [_facts(record) for record in self._instance.get_run_records(wanted, limit=limit, cursor=before)]

    def run(self, run_id: str) -> RunFacts | None:
        """Return the run of that id, if there is one and it is an export."""
        found = self._instance.get_run_records(RunsFilter(job_name=JOB, run_ids=[run_id]), limit=1)
        return _facts(found[0]) if found else None

    def error(self, run_id: str) -> str:
        """Return the first line of why the run failed."""
        return in_one_line(error_of(self._instance, run_id))

    def cancel(self, run_id: str) -> None:
        """Ask for the end of a queued or running run. Raises: ConfigError where it cannot be reached."""
        cancel_run(self._instance, run_id)


def _facts(record: RunRecord) -> RunFacts:
    run: DagsterRun = record.dagster_run
    return RunFacts(
        run_id=run.run_id,
        status=run.status.value,
        created_at=record.create_timestamp.astimezone(UTC),
        started_at=moment(record.start_time),
        ended_at=moment(record.end_time),
        tags=run.tags,
        config=run.run_config,
    )


def moment(seconds: float | None) -> datetime | None:
    """Return the time, in UTC, that Dagster writes as seconds since 1970."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
