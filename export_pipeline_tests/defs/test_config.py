"""The launchpad's config: flat, defaulted from the settings, checked with one message."""

from typing import Any

import pytest
from dagster import ConfigMapping, DagsterInvalidConfigError, GraphDefinition

from export_pipeline.definitions import build_definitions
from export_pipeline.settings import Settings
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
    }


def test_every_choice_is_described_with_its_unit(settings: Settings) -> None:
    fields = launchpad(settings)
    assert all(field.description for field in fields.values())
    assert "rows" in str(fields["batch_rows"].description)
    assert "bytes" in str(fields["batch_bytes"].description)


def test_what_is_chosen_there_is_what_the_export_does(project: Project, days: list[str]) -> None:
    chosen = {"batch_rows": 50, "validation_level": "basic", "on_invalid": "quarantine"}
    assert failures(project.run(partition=days[0], assets=["logs"], config=chosen)) == {}
    used = project.manifests()[f"date={days[0]}"].config
    assert {name: used[name] for name in chosen} == chosen
    assert used["batch_bytes"] == project.settings.batch_bytes


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"batch_rows": 0}, "batch size in rows is 0; it must be 1 or more"),
        ({"batch_bytes": -1}, "batch size in bytes is -1; it must be 1 or more"),
        ({"max_invalid_ratio": 1.5}, "1.5"),
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
