"""The launchpad of the job `export`: every choice is offered, and what it fills in by itself asks for nothing."""

from typing import Any

import pytest
from dagster import DagsterInvalidConfigError, JobDefinition, validate_run_config

from export_pipeline.defs.on_demand import on_demand_definitions, on_demand_job
from export_pipeline.defs.on_demand_config import chosen_of, request_schema
from export_pipeline.on_demand.fields import RequestFields, read_fields
from export_pipeline.on_demand.mistakes import Mistakes
from export_pipeline.settings import Settings


def filled_in() -> dict[str, Any]:
    """Return what the launchpad begins with: every default there is."""
    return {name: field.default_value for name, field in request_schema().items()}


def read(config: dict[str, Any]) -> RequestFields:
    mistakes = Mistakes()
    fields = read_fields(chosen_of(config), mistakes)
    mistakes.raise_any()
    return fields


@pytest.fixture
def job(settings: Settings) -> JobDefinition:
    return on_demand_definitions(on_demand_job(settings)).resolve_job_def("export")


def test_every_field_is_there_and_described() -> None:
    assert set(request_schema()) == set(RequestFields.model_fields)
    assert [name for name, field in request_schema().items() if not field.description] == []


def test_what_the_launchpad_begins_with_asks_for_nothing() -> None:
    assert read(filled_in()) == read({})


@pytest.mark.parametrize(
    ("preset", "name", "value"),
    [
        ("audit", "format", "csv"),
        ("audit", "compression", "gzip"),
        ("audit", "include_metadata", True),
        ("training", "split_rows", 1_000_000),
        ("training", "on_invalid", "quarantine"),
        ("ticket", "long_cells", "cut"),
        ("none", "format", "parquet"),
    ],
)
def test_a_preset_answers_what_the_launchpad_has_filled_in(preset: str, name: str, value: object) -> None:
    assert getattr(read(filled_in() | {"preset": preset}), name) == value


def test_a_choice_goes_before_the_preset() -> None:
    chosen = read(filled_in() | {"preset": "audit", "format": "parquet", "include_metadata": False})
    assert (chosen.format, chosen.include_metadata, chosen.compression) == ("parquet", False, "gzip")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"file_format": "csv"}, "file_format"),
        ({"format": "xml"}, "not in enum type default | parquet | csv | json | jsonl | xlsx"),
        ({"processes": "nginx"}, "must be list"),
        ({"split_rows": "many"}, 'expected type "Int"'),
        ({"requested_by": {"env": "EXPORT_SOURCE_URL"}}, "requested_by"),
    ],
)
def test_the_launchpad_names_what_cannot_be(job: JobDefinition, config: dict[str, object], said: str) -> None:
    with pytest.raises(DagsterInvalidConfigError) as caught:
        validate_run_config(job, config)
    assert said in str(caught.value)


def test_the_launchpad_takes_what_it_begins_with(job: JobDefinition) -> None:
    assert validate_run_config(job, filled_in())
