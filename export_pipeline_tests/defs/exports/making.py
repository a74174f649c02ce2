"""Makes one-off exports by the job `export`, and runs of it in any state, for tests of what becomes of them."""

import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from export_pipeline.defs.exports.record import DELETED_TAG
from export_pipeline.defs.on_demand import JOB
from export_pipeline.write.paths import export_folder
from export_pipeline_tests.defs.project import Project


def export_now(project: Project, **request: object) -> str:
    """Run the job in this process, for all logs in CSV unless told otherwise; return the export's id."""
    config = {"datasets": ["logs"], "format": "csv"} | request
    job = project.definitions.resolve_job_def(JOB)
    return job.execute_in_process(instance=project.instance, run_config=config, raise_on_error=False).run_id


def run_in_state(instance: DagsterInstance, status: DagsterRunStatus, **tags: str) -> str:
    """Put a run of the job into the storage that never ran; return its id."""
    run_id = str(uuid.uuid4())
    named = {name.replace("__", "/"): value for name, value in tags.items()}
    instance.add_run(DagsterRun(job_name=JOB, run_id=run_id, status=status, tags=named))
    return run_id


def files_of(project: Project, export_id: str) -> list[str]:
    """Return the names of the export's files."""
    folder = export_folder(export_id)
    return [str(file.path.relative_to(folder)) for file in project.settings.destination.list_files(folder)]


def deleted_at(project: Project, export_id: str) -> str | None:
    run = project.instance.get_run_by_id(export_id)
    assert run is not None
    return run.tags.get(DELETED_TAG)


def grow_old(folder: Path, days: float) -> None:
    """Date the files in a local folder back."""
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (then, then))
