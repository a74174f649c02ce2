"""Datasets with users' functions: what is added, what makes partitions stale, what is refused."""

import pytest

from export_pipeline.datasets.customized import customized
from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError

OWN = "export_pipeline_tests.transforms.own_functions"
LOGS = DATASETS["logs"]


def test_nothing_of_ones_own_changes_nothing() -> None:
    assert customized(LOGS, (), {}).fingerprint == LOGS.fingerprint


def test_a_transform_makes_partitions_stale_and_a_check_does_not() -> None:
    assert customized(LOGS, (f"{OWN}:clean",), {}).fingerprint != LOGS.fingerprint
    assert customized(LOGS, (), {"message": (f"{OWN}:not_too_long",)}).fingerprint == LOGS.fingerprint


def test_the_plan_knows_the_columns_without_a_declaration() -> None:
    changed = customized(LOGS, (f"{OWN}:clean", f"{OWN}:shout"), {})
    assert changed.published_schema.names == [*LOGS.published_schema.names, "words", "shouted"]
    before = {one.name: one for one in LOGS.published_schema}
    assert all(changed.published_schema.field(name).equals(before[name], check_metadata=True) for name in before)


@pytest.mark.parametrize(
    ("functions", "checks", "said"),
    [
        ((f"{OWN}:clean", f"{OWN}:clean"), {}, "there are two transforms custom_clean; rename one"),
        ((), {"massage": (f"{OWN}:not_too_long",)}, "checks name massage; its columns are id, device_id"),
        ((f"{OWN}:drops_time",), {}, "dataset logs: its transforms must leave timestamp there, of the same type"),
        ((f"{OWN}:needs_rows",), {}, "when it was called without rows"),
    ],
)
def test_what_cannot_be_is_refused(functions: tuple[str, ...], checks: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        customized(LOGS, functions, checks)
