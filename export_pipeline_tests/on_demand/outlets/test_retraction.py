"""A failed export takes back its own files, and waits for whoever publishes to the same name."""

from pathlib import Path

import pytest

from export_pipeline.on_demand.location import Location
from export_pipeline.on_demand.outlets.retraction import retract
from export_pipeline.write.destinations.file_lock import hold_lock
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.paths import Target
from export_pipeline.write.publish import publish
from export_pipeline_tests.on_demand.exporting import left_in
from export_pipeline_tests.write.samples import PARQUET, SCHEMA, manifest_of, publish_rows, stage_rows

TARGET = Target.of_file("out.parquet", "logs", PARQUET)
PUBLISHED = ["out.parquet", "out.parquet.manifest.json"]


@pytest.fixture
def location(tmp_path: Path) -> Location:
    return Location(LocalDestination(tmp_path / "out", lock_wait_s=0.1), "run-1", is_output=True)


@pytest.mark.parametrize(("what", "left"), [("nothing", []), ("publishing", PUBLISHED), ("published", PUBLISHED)])
def test_only_what_is_ours_alone_is_taken_back(location: Location, tmp_path: Path, what: str, left: list[str]) -> None:
    with location.destination.stage("run-1", TARGET) as staging:
        publish(staging, manifest_of(stage_rows(staging, "ours"), TARGET), PARQUET, SCHEMA)
        if what == "published":
            publish_rows(location.destination, "theirs", target=TARGET, run_id="run-2")
        if what == "publishing":
            with hold_lock(tmp_path / "out" / str(TARGET.lock), 1):
                retract(location, [(staging, TARGET)])
        else:
            retract(location, [(staging, TARGET)])
    assert left_in(tmp_path / "out") == left
