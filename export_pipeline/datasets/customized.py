"""A dataset with functions of the user's own: further transforms behind its own, further checks of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.errors import ConfigError
from export_pipeline.schemas.rules import Rule
from export_pipeline.schemas.user_checks import checked_by
from export_pipeline.transforms.custom import CustomTransform


def customized(dataset: Dataset, functions: Sequence[str], checks: Mapping[str, Sequence[str]]) -> Dataset:
    """Return `dataset` with `functions` as transforms behind its own, and with `checks` by column.

    All are `module:function`. Raises: ConfigError with everything that is wrong.
    """
    mistakes: list[str] = []
    transforms = [made for path in functions if (made := _transform(path, mistakes))]
    rules = {name: [rule for path in paths if (rule := _rule(path, mistakes))] for name, paths in checks.items()}
    known = [column.name for column in dataset.columns]
    if unknown := [name for name in checks if name not in known]:
        mistakes.append(f"checks name {', '.join(unknown)}; its columns are {', '.join(known)}")
    names = [transform.name for transform in (*dataset.transforms, *transforms)]
    mistakes += [
        f"there are two transforms {name}; rename one" for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    if mistakes:
        raise ConfigError("; ".join(mistakes))
    columns = tuple(replace(one, rules=(*one.rules, *rules.get(one.name, ()))) for one in dataset.columns)
    changed = replace(dataset, columns=columns, transforms=(*dataset.transforms, *transforms))
    _require_kept(dataset, changed)
    return changed


def _transform(path: str, mistakes: list[str]) -> CustomTransform | None:
    try:
        return CustomTransform(path)
    except ConfigError as error:
        mistakes.append(str(error))
        return None


def _rule(path: str, mistakes: list[str]) -> Rule | None:
    try:
        return checked_by(path)
    except ConfigError as error:
        mistakes.append(str(error))
        return None


def _require_kept(before: Dataset, after: Dataset) -> None:
    needed = [*before.key, *(name for name in (before.time_column, before.chart_by) if name)]
    kept = {one.name: one.type for one in after.published_schema}
    if lost := [name for name in needed if before.published_schema.field(name).type != kept.get(name)]:
        raise ConfigError(f"dataset {before.name}: its transforms must leave {', '.join(lost)} there, of the same type")
