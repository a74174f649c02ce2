"""What the ops say: plain Markdown, about this dataset, from its declaration."""

from dataclasses import replace

import pytest

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.defs.descriptions import (
    extract_description,
    publish_description,
    transform_description,
    validate_description,
)
from export_pipeline.transforms.clean_message import CleanMessage
from export_pipeline.transforms.registry import TRANSFORMS

LOGS, ANOMALIES, IPS = (DATASETS[name] for name in ("logs", "anomalies", "ips"))
EACH = pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))


def of(dataset: Dataset, name: str) -> str:
    return next(transform_description(step) for step in dataset.transforms if step.name == name)


def test_extract_names_the_table_its_time_and_its_columns_as_the_source_does() -> None:
    said = extract_description(LOGS.renamed(None, {"message": "msg", "timestamp": "logged_at"}))
    assert "`log_entries` in one snapshot, by `logged_at`" in said
    assert "* `msg` text" in said
    assert said.count("\n* ") == len(LOGS.columns)


def test_validate_says_each_rule_of_each_column() -> None:
    said = validate_description(ANOMALIES)
    assert "* `severity`: required, 1 to 5 (domain)" in said
    assert "* `updated_at`: not before created_at (cross-field)" in said
    assert "* the key, `id`: each there once" in said
    assert "`description`" not in said


def test_a_transform_says_which_columns_it_works_on() -> None:
    assert "* `columns`: `message`" in of(LOGS, "clean_message")
    both = transform_description(CleanMessage(columns=("message", "raw_message")))
    assert "* `columns`: `message`, `raw_message`" in both


def test_a_transform_says_what_it_makes_of_what() -> None:
    assert "* makes `device_name` of `device_id` and `devices.name`" in of(LOGS, "enrich_context")
    assert "* makes `ip_version` of `address`" in of(IPS, "normalize_address")
    assert "`host_output`" in of(LOGS, "normalize_address")
    assert "* `host_output`" not in of(IPS, "normalize_address")


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_says_in_one_sentence_what_it_is_for(name: str) -> None:
    described = transform_description(TRANSFORMS[name]()).split("\n\n")[0]
    assert described.split(" Takes no time")[0].endswith(".")
    assert "\n" not in described


@EACH
def test_only_publish_says_that_the_time_goes_there(dataset: Dataset) -> None:
    steps = [transform_description(step) for step in dataset.transforms]
    others = [extract_description(dataset), validate_description(dataset), *steps]
    assert all("Takes no time itself" in said for said in others)
    assert "here the time goes" in publish_description(dataset)


def test_publish_counts_the_columns() -> None:
    fewer = replace(LOGS, derived=LOGS.derived[:3])
    assert f"{len(LOGS.columns)} columns of the source and 3 made of them" in publish_description(fewer)
