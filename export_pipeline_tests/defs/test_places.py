"""A process that runs a job by itself gets a place in the source's pool, also where killed ones held all of them."""

import os
import signal
import subprocess
import sys

from dagster import DagsterInstance, DagsterRunStatus

from export_pipeline.defs.places import has_place
from export_pipeline.defs.pools import SOURCE_POOL, make_pools
from export_pipeline_tests.defs.exports.making import run_in_state
from export_pipeline_tests.defs.project import Project
from export_pipeline_tests.processes import wait_until

HELD = """
import sys, time
from pathlib import Path
from export_pipeline.defs.lifeline import lifeline
with lifeline(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    time.sleep(600)
"""


def test_places_of_killed_processes_are_taken_back(project: Project) -> None:
    instance = project.instance
    make_pools(instance)
    storage = instance.event_log_storage
    storage.set_concurrency_slots(SOURCE_POOL, 1)
    run_id = run_in_state(instance, DagsterRunStatus.STARTED)
    assert storage.claim_concurrency_slot(SOURCE_POOL, run_id, "export_rows").is_claimed
    with holding(instance, run_id) as process:
        assert not has_place(instance)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        wait_until(lambda: has_place(instance), 10, "the place is still held")
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is DagsterRunStatus.FAILURE


def test_an_instance_that_keeps_nothing_has_no_pools_to_wait_for() -> None:
    with DagsterInstance.ephemeral() as instance:
        assert has_place(instance)


def holding(instance: DagsterInstance, run_id: str) -> "subprocess.Popen[str]":
    """Start a process that holds the run's lifeline."""
    folder = f"{instance.root_directory}/workers"
    process = subprocess.Popen([sys.executable, "-c", HELD, folder, run_id], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process
