import pytest

from export_pipeline.errors import ConfigError, TransientError
from export_pipeline.on_demand.mistakes import Mistakes


def test_without_a_mistake_nothing_is_raised() -> None:
    Mistakes().raise_any()


def test_all_are_raised_at_once_a_line_each_and_each_once() -> None:
    mistakes = Mistakes()
    mistakes.add("start", "no date")
    with mistakes.noted("filters"):
        raise ConfigError("no such column")
    assert mistakes.has("format", "filters")
    assert not mistakes.has("format", "filter")
    mistakes.add("start", "no date")
    with pytest.raises(ConfigError) as raised:
        mistakes.raise_any()
    assert str(raised.value) == "the export cannot be made:\n  start: no date\n  filters: no such column"


def test_what_could_not_be_read_has_no_further_mistakes() -> None:
    mistakes = Mistakes()
    mistakes.add("datasets", "no list")
    mistakes.close("datasets")
    mistakes.add("datasets", "nothing is chosen")
    with pytest.raises(ConfigError) as raised:
        mistakes.raise_any()
    assert "nothing is chosen" not in str(raised.value)


def test_other_errors_are_no_mistakes_of_the_request() -> None:
    mistakes = Mistakes()
    with pytest.raises(TransientError), mistakes.noted("tables"):
        raise TransientError
    mistakes.raise_any()
