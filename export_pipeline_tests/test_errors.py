"""The error tree: two branches, everything below one of them, and drawn at the top of its file."""

import inspect

import pytest

from export_pipeline import errors

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.ExportError)]
LEAVES = [kind for kind in CLASSES if not kind.__subclasses__()]


@pytest.mark.parametrize("kind", LEAVES)
def test_each_error_says_whether_a_retry_may_help(kind: type[errors.ExportError]) -> None:
    branches = (errors.TransientError, errors.PermanentError)
    assert sum(issubclass(kind, branch) for branch in branches) == 1
    assert kind.__base__ in branches
    assert kind.__doc__


def test_the_drawing_at_the_top_names_every_class_and_no_other() -> None:
    drawn = [line.split("─")[-1].split()[0] for line in str(errors.__doc__).splitlines() if "── " in line]
    assert set(drawn) == {kind.__name__ for kind in CLASSES} - {"ExportError"}
