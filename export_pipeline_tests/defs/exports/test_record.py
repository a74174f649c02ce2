import pytest
from dagster import DagsterRunStatus

from export_pipeline.defs.exports.record import OF_RUN, Status, find_status, in_one_line
from export_pipeline.errors import ConfigError


def test_every_status_that_dagster_knows_has_a_word() -> None:
    assert set(OF_RUN) == {status.value for status in DagsterRunStatus}
    assert set(OF_RUN.values()) == set(Status) - {Status.DELETED}


def test_a_word_that_is_no_status_is_refused_with_those_there_are() -> None:
    assert find_status("failed") is Status.FAILED
    with pytest.raises(ConfigError, match="queued, running, succeeded, failed, canceled, deleted"):
        find_status("FAILED")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("dagster._core.definitions.events.Failure: no: really\n", "no: really"),
        ("gone\n\nStack trace", "gone"),
        ("wrong:\n  a: 1\n  b: 2\n", "wrong: a: 1; b: 2"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_an_error_is_one_line_which_says_something(text: str, line: str) -> None:
    assert in_one_line(text) == line
