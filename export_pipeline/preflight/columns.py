"""A dataset's declared columns beside the live ones, and a column map that would bring them together."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Final

from export_pipeline.datasets.dataset import Dataset
from export_pipeline.extract.catalog import LiveTable, differences, index_advice, undeclared
from export_pipeline.extract.pg_types import resolve
from export_pipeline.preflight.finding import Finding, failed, not_looked_at, ok, warning
from export_pipeline.preflight.relations import KINDS

_SIMILAR: Final = 0.5


def check_columns(dataset: Dataset, live: LiveTable, setting: str) -> Iterator[Finding]:
    """Compare the columns, then look for the indexes that an export profits from."""
    selection, subject = dataset.selection, f"{dataset.name}: columns"
    differing = differences(live, selection)
    if differing:
        yield failed(subject, "; ".join(differing.values()), _next_step(dataset, live, setting))
    elif others := undeclared(live, selection):
        declared = f"{len(selection.columns)} as declared"
        yield warning(
            subject,
            f"{declared}; not exported: {', '.join(others)}",
            f"declare those that you need in datasets/{dataset.name}.py",
        )
    else:
        yield ok(subject, f"{len(selection.columns)}, as declared")
    yield _check_index(dataset, live)
    yield _check_key(dataset, live)


def suggest_map(dataset: Dataset, live: LiveTable) -> Mapping[str, str]:
    """Return for missing columns (ours) the live ones (theirs) that may be meant.

    A live column that nothing else reads, of the declared type, and either of a similar name or the only one of its
    type for the only missing one.
    """
    selected = dataset.selection.columns
    missing = {column.name: column.pg_type for column in selected if column.source_name not in live.columns}
    free = {name: live.columns[name] for name in undeclared(live, dataset.selection)}
    pairs = sorted(
        ((_similarity(ours, theirs), ours, theirs) for ours in missing for theirs in free), key=lambda pair: -pair[0]
    )
    found: dict[str, str] = {}
    for similarity, ours, theirs in pairs:
        alike = [name for name in free if _compatible(missing[ours], free[name])]
        rivals = [name for name in missing if _compatible(missing[name], missing[ours])]
        fits = similarity >= _SIMILAR or (len(alike) == 1 and len(rivals) == 1)
        if fits and theirs in alike and ours not in found and theirs not in found.values():
            found[ours] = theirs
    return {name: found[name] for name in missing if name in found}


def _next_step(dataset: Dataset, live: LiveTable, setting: str) -> str:
    selected = dataset.selection.columns
    missing = [column.name for column in selected if column.source_name not in live.columns]
    suggested = suggest_map(dataset, live)
    if suggested:
        renamed = {one.name: one.source_name for one in selected if one.name not in missing}
        kept = {ours: theirs for ours, theirs in renamed.items() if ours != theirs}
        return f"{setting}='{json.dumps(kept | dict(suggested), ensure_ascii=False)}'"
    if missing:
        free = ", ".join(f"{name} ({live.columns[name]})" for name in undeclared(live, dataset.selection))
        there = f"; not read so far: {free}" if free else ""
        return f"name their columns in {setting}, or export a view that has them{there}"
    return f"export a view that casts them, or declare these types in datasets/{dataset.name}.py"


def _check_index(dataset: Dataset, live: LiveTable) -> Finding:
    subject = f"{dataset.name}: time index"
    time = dataset.selection.placing_time.source_name
    if time not in live.columns:
        return not_looked_at(subject, f"the time column {time!r} is missing")
    if advice := index_advice(live, dataset.selection):
        found, _, statement = advice.partition("; run: ")
        return warning(subject, found, f"{statement};")
    return ok(subject, f"on {time}" if live.time_is_indexed else f"cannot be seen of a {KINDS[live.kind]}")


def _check_key(dataset: Dataset, live: LiveTable) -> Finding:
    subject, key = f"{dataset.name}: key", ", ".join(dataset.key)
    if live.key_is_unique:
        return ok(subject, f"the server keeps {key} unique")
    return warning(
        subject,
        f"nothing keeps {key} unique, so each export compares the keys of its rows",
        "give the table a primary key, or a unique index on it",
    )


def _compatible(declared: str, found: str) -> bool:
    here, there = resolve(declared), resolve(found)
    return (here.family, here.arrow) == (there.family, there.arrow)


def _similarity(ours: str, theirs: str) -> float:
    """Return 0 to 1, the same words in another order counting as alike."""
    here, there = ours.lower(), theirs.lower()
    return max(_ratio(here, there), _ratio(*("".join(sorted(name.split("_"))) for name in (here, there))))


def _ratio(here: str, there: str) -> float:
    return difflib.SequenceMatcher(None, here, there).ratio()
