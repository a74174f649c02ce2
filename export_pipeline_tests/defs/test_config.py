"""The launchpad's config: flat, described, defaulted from the settings, checked with one message."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dagster import ConfigMapping, DagsterInvalidConfigError, GraphDefinition
from dagster._core.storage.tags import WILL_RETRY_TAG

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.definitions import build_definitions
from export_pipeline.settings import Settings
from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.defs.project import Project, failures, retries


def test_the_launchpad_shows_every_choice_flat_with_the_settings_as_defaults(settings: Settings) -> None:
    own = Settings.load(source_url=settings.source.conninfo, batch_rows=123, validation_level="basic")
    fields = launchpad(own)
    assert {name: field.default_value for name, field in fields.items()} == {
        "batch_rows": 123,
        "batch_bytes": own.batch_bytes,
        "validation_level": "basic",
        "on_invalid": "keep",
        "max_invalid_ratio": 1.0,
        "connect_timeout_s": 10,
        "lock_timeout_s": 30,
        "statement_timeout_s": 3600,
        "idle_in_transaction_timeout_s": 600,
        "network_silence_s": 60,
    }


def test_the_launchpad_of_a_dataset_shows_its_own_settings(settings: Settings) -> None:
    own = {"logs": {"batch_rows": 7, "on_invalid": "fail"}}
    fields = launchpad(Settings.load(source_url=settings.source.conninfo, batch_rows=123, datasets=own))
    assert fields["batch_rows"].default_value == 7
    assert fields["on_invalid"].default_value == "fail"
    assert fields["validation_level"].default_value == "strict"


@pytest.mark.parametrize("name", DATASETS)
def test_whoever_opens_the_launchpad_of_a_job_finds_it_filled_in(name: str, settings: Settings) -> None:
    job: Any = build_definitions(settings).resolve_job_def(f"{name}_job").run_config_schema.config_type
    default = job.fields["ops"].default_value
    assert default[name] == {"config": {field: one.default_value for field, one in launchpad(settings).items()}}
    assert default[f"{name}_csv"] == default[f"{name}_json"] == {}


def test_every_choice_is_described_with_its_unit(settings: Settings) -> None:
    fields = launchpad(settings)
    assert all(field.description for field in fields.values())
    assert all("Seconds" in str(fields[name].description) for name in fields if name.endswith("_s"))
    assert "rows" in str(fields["batch_rows"].description)
    assert "bytes" in str(fields["batch_bytes"].description)


def test_what_is_chosen_there_is_what_the_export_does(project: Project, days: list[str]) -> None:
    chosen = {"batch_rows": 50, "validation_level": "basic", "on_invalid": "quarantine"}
    assert failures(project.run(partition=days[0], assets=["logs"], config=chosen)) == {}
    used = project.manifests()[f"date={days[0]}"].config
    assert {name: used[name] for name in chosen} == chosen
    assert used["batch_bytes"] == project.settings.batch_bytes


def test_the_timeouts_chosen_there_are_those_of_the_session_on_the_server(
    project: Project, sql: RunSql, days: list[str]
) -> None:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    shown = " || ' ' || ".join(f"current_setting('{name}')" for name in names)
    columns = ", ".join(column.name for column in DATASETS["logs"].columns if column.name != "message")
    sql(project.settings.source.conninfo, f"create view watched as select {columns}, {shown} message from log_entries")
    watched = project.with_settings(datasets={"logs": {"table": "watched"}})
    chosen = {"lock_timeout_s": 7.5, "statement_timeout_s": 77, "idle_in_transaction_timeout_s": 0}
    assert failures(watched.run(partition=days[0], assets=["logs"], config=chosen)) == {}
    (file,) = Path(project.settings.root, "logs").rglob("*.parquet")
    assert set(pl.read_parquet(file)["message"]) == {"7500ms 77s 0"}


def test_all_mistakes_are_said_at_once(project: Project, days: list[str]) -> None:
    wrong = {"batch_rows": 0, "max_invalid_ratio": 1.5, "lock_timeout_s": -1}
    result = project.run(partition=days[0], config=wrong)
    (message,) = failures(result).values()
    assert all(f"{name} is " in message for name in wrong)
    run = project.instance.get_run_by_id(result.run_id)
    assert run
    assert run.tags[WILL_RETRY_TAG] == "false"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"batch_rows": 0}, "batch_rows is 0: input should be greater than or equal to 1, for example 50000"),
        ({"batch_bytes": -1}, "batch_bytes is -1: input should be greater than or equal to 1"),
        ({"max_invalid_ratio": 1.5}, "max_invalid_ratio is 1.5: input should be less than or equal to 1"),
        ({"max_invalid_ratio": float("nan")}, "max_invalid_ratio is nan: "),
        ({"connect_timeout_s": -1}, "connect_timeout_s is -1: "),
        ({"lock_timeout_s": -0.5}, "lock_timeout_s is -0.5: "),
        ({"statement_timeout_s": 1e12}, "statement_timeout_s is 1000000000000.0: input should be less than or equal"),
        ({"idle_in_transaction_timeout_s": float("inf")}, "idle_in_transaction_timeout_s is inf: "),
        ({"network_silence_s": 10**9}, "network_silence_s is 1000000000: "),
    ],
)
def test_a_value_that_cannot_be_fails_once_with_one_message(
    project: Project, days: list[str], wrong: dict[str, object], said: str
) -> None:
    result = project.run(partition=days[0], config=wrong)
    (message,) = failures(result).values()
    assert said in message
    assert retries(result) == 0
    assert project.manifests() == {}


@pytest.mark.parametrize("wrong", [{"validation_level": "lax"}, {"batch_row": 5}, {"batch_rows": "many"}])
def test_a_word_that_is_no_choice_never_starts_a_run(
    project: Project, days: list[str], wrong: dict[str, object]
) -> None:
    with pytest.raises(DagsterInvalidConfigError, match=next(iter(wrong))):
        project.run(partition=days[0], config=wrong)
    assert project.instance.get_runs_count() == 0


def launchpad(settings: Settings) -> Any:  # noqa: ANN401 - Dagster's own field class has no public name
    """Return the fields of the logs' config by name."""
    graph = build_definitions(settings).resolve_assets_def("logs").node_def
    assert isinstance(graph, GraphDefinition)
    assert isinstance(graph.config_mapping, ConfigMapping)
    shape: Any = graph.config_mapping.config_schema.config_type  # Any: see above
    return shape.fields
