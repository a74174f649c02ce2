"""Users' functions in a dataset's graph: an op each, their columns published, their failures those of the run."""

import csv
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from export_pipeline.write.formats.registry import FORMATS
from export_pipeline.write.paths import Target
from export_pipeline_tests.defs.project import Project, failures

OWN = "export_pipeline_tests.transforms.own_functions"


def customized(project: Project, **logs: object) -> Project:
    return project.with_settings(datasets={"logs": logs})


def published(project: Project, day: str, fmt: str) -> Path:
    partitioning = project.settings.partitioning_of("logs")
    return Path(project.settings.root, Target.of_partition("logs", FORMATS[fmt], partitioning.folder(day)).data)


def test_functions_are_ops_and_their_columns_are_published(project: Project, days: list[str]) -> None:
    own = customized(project, transforms=[f"{OWN}:clean", f"{OWN}:shout"], checks={"message": [f"{OWN}:not_too_long"]})
    result = own.run(partition=days[0])
    assert result.success
    steps = [event.step_key for event in result.all_events if event.is_step_success]
    assert [step for step in steps if "custom" in str(step)] == ["logs.custom_clean", "logs.custom_shout"]
    table = pq.read_table(published(own, days[0], "parquet"))
    assert table.column("shouted").combine_chunks().equals(pc.utf8_upper(table.column("message").combine_chunks()))
    assert table.column("words").null_count == 0
    with published(own, days[0], "csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[-2:] == ["words", "shouted"]
    (manifest,) = own.manifests().values()
    assert [one["name"] for one in manifest.transforms][-2:] == ["custom_clean", "custom_shout"]
    (check,) = [one for one in manifest.failures if one.check == f"{OWN}:not_too_long"]
    assert check.rows == manifest.invalid_count > 0
    assert set(manifest.stages) >= {"custom_clean", "custom_shout"}


def test_a_function_that_fails_fails_the_run_and_publishes_nothing(project: Project, days: list[str]) -> None:
    own = customized(project, transforms=[f"{OWN}:failing"])
    result = own.run(partition=days[0])
    assert not result.success
    (said,) = failures(result).values()
    assert f"transform custom_failing: {OWN}:failing failed: ValueError: no luck (" in said
    assert own.manifests() == {}


def test_a_check_that_fails_fails_the_run(project: Project, days: list[str]) -> None:
    own = customized(project, checks={"message": [f"{OWN}:raising"]})
    result = own.run(partition=days[0])
    (said,) = failures(result).values()
    assert f"{OWN}:raising failed: LookupError: no table of words (" in said
    assert own.manifests() == {}
