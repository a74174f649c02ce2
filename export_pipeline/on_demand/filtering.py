"""The conditions of a request for one dataset, and who judges them: the server, or we behind the transforms."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

import pyarrow as pa

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.datasets.push_down import push_down
from export_pipeline.extract.predicates import source_schema
from export_pipeline.filters.condition import AllOf, AnyOf, Condition, Filter, Operator
from export_pipeline.filters.parse import parse_filter
from export_pipeline.filters.resolve import problems
from export_pipeline.on_demand.fields import RequestFields
from export_pipeline.on_demand.mistakes import Mistakes
from export_pipeline.on_demand.scopes import entries_for

PROCESS: Final = "process_name"
"""The column that `processes` speaks of."""


def filters_of(
    fields: RequestFields, name: str, dataset: Dataset, schema: pa.Schema, mistakes: Mistakes
) -> tuple[Filter | None, Filter | None]:
    """Return what the server is asked, and what is left for us to ask of the rows in `schema`."""
    wanted: list[Filter] = []
    for text in entries_for(name, fields.filters):
        with mistakes.noted("filters"):
            wanted.append(parse_filter(text))
    if fields.processes and PROCESS in schema.names:
        wanted.append(AnyOf(tuple(_of_process(process) for process in fields.processes)))
    found = [one for part in wanted for one in problems(part, schema, source_schema(dataset.selection.columns))]
    for problem in found:
        mistakes.add("filters", f"{name}: {problem}")
    if wanted and not found:
        with mistakes.noted("filters"):
            return push_down(dataset, AllOf(tuple(wanted)))
    return None, None


def nearest(name: str, names: Sequence[str]) -> str:
    """Return a hint at the name that was meant, if there is one."""
    found = get_close_matches(name, names, n=1)
    return f" (did you mean {found[0]}?)" if found else ""


def _of_process(process: str) -> Condition:
    escaped = process.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Condition(PROCESS, Operator.ILIKE, (escaped,))
