"""Which conditions of a filter the server may judge in place of the published rows.

Those on the source's own values, and those on columns that no transform gives another value.
"""

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.extract.predicates import is_exact, split
from export_pipeline.extract.selection import SelectedColumn, SpecialTimes
from export_pipeline.filters.condition import Condition, Filter
from export_pipeline.transforms.standardize_timestamps import StandardizeTimestamps


def push_down(dataset: Dataset, filter: Filter) -> tuple[Filter | None, Filter | None]:  # noqa: A002 - the word for it
    """Return what the server judges before it sends rows, and what is left for the rows as they are published.

    Raises: ConfigError where `or` joins the source's own value with a published one that only we have.
    """
    return split(filter, lambda condition: is_pushable(dataset, condition))


def is_pushable(dataset: Dataset, condition: Condition) -> bool:
    """Whether the server gives the rows that `filters.evaluate` would keep."""
    own = {column.name: column for column in dataset.selection.columns}
    column = own.get(condition.column)
    if column is None:
        return False
    if condition.of_source:
        return True
    altered = any(condition.column in transform.alters(own) for transform in dataset.transforms)
    return not altered and is_exact(condition, column) and _times_are_alike(dataset, column)


def _times_are_alike(dataset: Dataset, column: SelectedColumn) -> bool:
    """Whether a time is published as the moment that the server compares; true of what is no time."""
    if column.is_time and dataset.special_times is not SpecialTimes.FAIL:
        return False
    if column.pg_type != "timestamp":
        return True
    read_in = [
        transform.zone
        for transform in dataset.transforms
        if isinstance(transform, StandardizeTimestamps) and column.name in transform.columns
    ]
    return (read_in[0] if read_in else "UTC") == dataset.selection.zone
